import { VERSION } from '../kernel/version.ts';
import type { RequestHandler } from '../platform/http/index.ts';
import { answer, sendAnswer } from './frame/answer.ts';
import { onlyReading } from './frame/only-reading.ts';

/** What anyone may know of the configuration. */
export interface ClientConfig {
  /** Values by key, as the configuration file has them. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The FEATURE_ keys, without that prefix. */
  readonly features: Readonly<Record<string, boolean>>;
  /** REGISTRY_STATE. */
  readonly registryState: string;
}

/**
 * `GET /config` (Quay's): what web pages work by, signed in or not. Services for signing in have no place in it yet, since there
 * are none.
 */
export function createClientConfigHandler({ config, features, registryState }: ClientConfig): RequestHandler {
  return (context) => {
    onlyReading(context, '/config');
    const body = {
      config: { SERVER_HOSTNAME: context.host, ...config },
      features,
      oauth: {},
      external_login: [],
      registry_state: registryState,
      account_recovery_mode: false,
      version_number: VERSION,
    };
    sendAnswer(context.res, answer(body), [], context.method === 'GET');
  };
}
