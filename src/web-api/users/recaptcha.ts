import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import type { GuardedFetch } from '../../platform/net/index.ts';

/** Tells people from programs. */
export interface Recaptcha {
  /** Asks the service whether a proof is right. Errors: INVALID_REQUEST when it is not, EXTERNAL_SERVICE when it cannot be asked. */
  check(proof: string | undefined, clientAddress: string): Promise<void>;
  /** Users who need no proof. */
  readonly exempt: ReadonlySet<string>;
}

export interface RecaptchaSettings {
  /** RECAPTCHA_VERIFY_URL. */
  readonly url: string;
  /** RECAPTCHA_SECRET_KEY. */
  readonly secretKey: string;
  /** RECAPTCHA_WHITELISTED_USERS. */
  readonly exempt: readonly string[];
}

const ANSWER = z.object({ success: z.boolean(), 'error-codes': z.array(z.string()).optional() });
/** Nobody's proof is looked at then. */
const WRONG_KEY = ['missing-input-secret', 'invalid-input-secret'];
const TIMEOUT_MS = 10_000;
const ANSWER_MAX = 64 * 1024;

export function createRecaptcha(net: Pick<GuardedFetch, 'fetch'>, settings: RecaptchaSettings): Recaptcha {
  return {
    exempt: new Set(settings.exempt),
    async check(proof = '', clientAddress) {
      if (proof !== '' && (await isRight(proof, clientAddress))) return;
      throw new AppError('INVALID_REQUEST', 'Are you a bot? If not, please revalidate the captcha');
    },
  };

  async function isRight(proof: string, clientAddress: string): Promise<boolean> {
    const form = new URLSearchParams({ secret: settings.secretKey, response: proof, remoteip: clientAddress });
    try {
      const answer = await net.fetch(settings.url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
        timeoutMs: TIMEOUT_MS,
        maxBytes: ANSWER_MAX,
        maxRedirects: 0,
      });
      if (!answer.ok) {
        await answer.body?.cancel();
        throw new Error(`The service answered with the status ${answer.status}`);
      }
      const { success, 'error-codes': faults = [] } = ANSWER.parse(await answer.json());
      if (!success && faults.some((fault) => WRONG_KEY.includes(fault))) {
        throw new Error('The service does not know this RECAPTCHA_SECRET_KEY; compare it with what the service shows');
      }
      return success;
    } catch (cause) {
      throw new AppError('EXTERNAL_SERVICE', 'The reCAPTCHA service cannot be asked now; try again later', { cause });
    }
  }
}
