export interface BasicCredentials {
  readonly login: string;
  readonly secret: string;
}

const BASIC = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i;

/**
 * Reads an `Authorization` header of the Basic scheme (RFC 7617, UTF-8). The login ends at the first colon.
 * @returns undefined when the header is of another scheme or malformed.
 */
export function parseBasicCredentials(header: string): BasicCredentials | undefined {
  const encoded = BASIC.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { login: text.slice(0, colon), secret: text.slice(colon + 1) };
}
