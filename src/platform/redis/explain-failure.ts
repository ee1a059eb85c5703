import type { NamedRedis } from './choose-redis.ts';

/** What is wrong with a Redis and what to do, in words for the operator. */
export function explainFailure({ key, address }: NamedRedis, error: unknown): string {
  const where = `The Redis at ${address.host}:${address.port} (${key})`;
  const message = error instanceof Error ? error.message : String(error);
  if (/WRONGPASS|invalid password|invalid username/i.test(message)) {
    return `${where} refuses the password; check password and username of ${key}`;
  }
  if (/NOAUTH/.test(message)) return `${where} asks for a password; set password in ${key}`;
  if (/called without any password configured/.test(message)) {
    return `${where} has no password, but ${key} gives one; remove it there or set it in the Redis`;
  }
  if (/NOPERM/.test(message)) {
    return `${where} does not let this user run what is needed: ${message}; give the user of ${key} more rights`;
  }
  if (/DB index is out of range/.test(message)) return `${where} has no database ${address.db}; check db of ${key}`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `${where} has a host name that is not known; check host of ${key}`;
  if (code === 'ECONNREFUSED')
    return `${where} does not accept connections; start it, or check host and port of ${key}`;
  if (/certificate|altnames|self.signed|SSL|TLS|wrong version number/i.test(`${code} ${message}`)) {
    return `${where} cannot be reached over TLS: ${message}; check the ssl fields of ${key}`;
  }
  return `${where} cannot be reached: ${message}`;
}
