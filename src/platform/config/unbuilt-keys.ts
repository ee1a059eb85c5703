/**
 * Keys of Quay that select storage, authentication, encryption or access and have no effect here. Running without what
 * they ask for would be another registry than the one that was asked for, so they stop the start. A key that a slice
 * declares is not looked up here.
 */
const SELECTING: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['ACCOUNT_RECOVERY_MODE', isOn],
  ['DB_CONNECTION_ARGS', asksForTls],
  ['DISABLE_PUSHES', isOn],
  ['FEATURE_DIRECT_LOGIN', isOff],
  ['FEATURE_FIPS', isOn],
  ['FEATURE_GITHUB_LOGIN', isOn],
  ['FEATURE_GOOGLE_LOGIN', isOn],
  ['FEATURE_PROXY_PROTOCOL', isOn],
  ['FEATURE_RECAPTCHA', isOn],
  ['FEATURE_REQUIRE_ENCRYPTED_BASIC_AUTH', isOn],
  ['FEATURE_RESTRICTED_USERS', isOn],
  ['FEATURE_STORAGE_REPLICATION', isOn],
  ['FEATURE_SUPERUSERS_FULL_ACCESS', isOn],
  ['FEATURE_SUPERUSERS_ORG_CREATION_ONLY', isOn],
  ['FEATURE_TEAM_SYNCING', isOn],
  ['GITHUB_LOGIN_CONFIG', isFilled],
  ['GLOBAL_READONLY_SUPER_USERS', isFilled],
  ['GOOGLE_LOGIN_CONFIG', isFilled],
  ['ROBOTS_DISALLOW', isOn],
  ['SSL_CIPHERS', isFilled],
  ['SSL_CIPHERSUITES', isFilled],
  ['SSL_PROTOCOLS', isFilled],
]);

/** Generic OIDC providers are declared under any name, e.g. `KEYCLOAK_LOGIN_CONFIG`. */
const LOGIN_CONFIG = /^[A-Z][A-Z0-9_]*_LOGIN_CONFIG$/;

export function isLoginConfig(key: string): boolean {
  return LOGIN_CONFIG.test(key);
}

/** Whether the key, with this value, asks for something without which the registry must not run. */
export function selectsUnbuiltFeature(key: string, value: unknown): boolean {
  const selects = SELECTING.get(key) ?? (isLoginConfig(key) ? isFilled : never);
  return selects(value);
}

function never(): boolean {
  return false;
}

function isOn(value: unknown): boolean {
  return value !== false && value !== null && value !== undefined;
}

function isOff(value: unknown): boolean {
  return value === false;
}

function isFilled(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function asksForTls(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).some((name) => name.startsWith('ssl'));
}
