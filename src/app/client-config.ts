import { type LoadedConfig, showValue } from '../platform/config/index.ts';
import type { ClientConfig } from '../web-api/index.ts';
import type { AppConfig, configFields } from './config.ts';
import { toMailSettings } from './mail-settings.ts';

/** What anyone may see of the configuration: Quay's list, as far as the keys have an effect here. Never a secret. */
export const CLIENT_KEYS: readonly string[] = [
  'AUTHENTICATION_TYPE',
  'AVATAR_KIND',
  'BRANDING',
  'CHANNEL_COLORS',
  'CONTACT_INFO',
  'DEFAULT_UI',
  'DOCUMENTATION_ROOT',
  'ENTERPRISE_LOGO_URL',
  'ENTERPRISE_LOGO_URL_DARK',
  'FOOTER_LINKS',
  'INTERNAL_OIDC_SERVICE_ID',
  'LOCAL_OAUTH_HANDLER',
  'PREFERRED_URL_SCHEME',
  'RECAPTCHA_SITE_KEY',
  'REGISTRY_TITLE',
  'REGISTRY_TITLE_SHORT',
  'SEARCH_MAX_RESULT_PAGE_COUNT',
  'SEARCH_RESULTS_PER_PAGE',
  'SERVER_HOSTNAME',
  'SETUP_COMPLETE',
  'TAG_EXPIRATION_OPTIONS',
  'UI_DELAY_AFTER_WRITE_SECONDS',
  'UI_MODELCARD_ANNOTATION',
  'UI_MODELCARD_ARTIFACT_TYPE',
  'UI_MODELCARD_LAYER_ANNOTATION',
  'UI_V2_FEEDBACK_FORM',
];

/** The part of the configuration that web pages work by, each value as it is written in the file. */
export function clientConfig({ settings, values }: LoadedConfig<typeof configFields>): ClientConfig {
  const read: Readonly<Record<string, unknown>> = values;
  const shown = settings.filter(
    ({ key, written }) => CLIENT_KEYS.includes(key) && key in read && written !== undefined,
  );
  const off = featuresOff(values);
  const features = Object.entries(read)
    .filter(([key, value]) => key.startsWith('FEATURE_') && typeof value === 'boolean')
    .map(([key]) => [key, !off.has(key)] as const);
  return {
    config: Object.fromEntries([
      ...shown.map(({ key, written }) => [key, showValue(key, written, read[key])] as const),
      ...features,
    ]),
    features: Object.fromEntries(features.map(([key, isOn]) => [key.slice('FEATURE_'.length), isOn])),
    registryState: values.REGISTRY_STATE,
  };
}

/** The features that are off, for operations of the API that hang on them. */
export function featuresOff(config: AppConfig): ReadonlySet<string> {
  const off = Object.entries(config).filter(([key, value]) => key.startsWith('FEATURE_') && value === false);
  // Without a server there is no mail, whatever is asked for.
  const mailing = toMailSettings(config).server !== undefined;
  return new Set([...off.map(([key]) => key), ...(mailing ? [] : ['FEATURE_MAILING'])]);
}
