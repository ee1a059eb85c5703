import type { RecaptchaSettings, webApiConfig } from '../web-api/index.ts';
import type { ConfigValues } from '../platform/config/index.ts';

/** undefined: FEATURE_RECAPTCHA is off. */
export function recaptchaSettings(config: ConfigValues<typeof webApiConfig>): RecaptchaSettings | undefined {
  const { FEATURE_RECAPTCHA: isOn, RECAPTCHA_SECRET_KEY: secretKey } = config;
  if (!isOn || secretKey === undefined) return undefined;
  return {
    url: config.RECAPTCHA_VERIFY_URL,
    secretKey: secretKey.reveal(),
    exempt: config.RECAPTCHA_WHITELISTED_USERS,
  };
}
