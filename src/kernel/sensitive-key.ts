/** Parts of key names, in lower case without `-`, `_` and `.`, whose values are never shown. */
const SENSITIVE =
  /authorization|cookie|passw(?:or)?d|passphrase|secret|token|credential|apikey|privatekey|accesskey|psk$/;

/** Whether values under this key must not be logged or printed. */
export function isSensitiveKey(key: string): boolean {
  return SENSITIVE.test(key.toLowerCase().replaceAll(/[-_.]/g, ''));
}
