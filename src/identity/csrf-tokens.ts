import { createHmac } from 'node:crypto';
import { equalSecrets } from '../platform/crypto/index.ts';

/** Proof that a request comes from a page of ours: only they can read it. Follows from the session's cookie, so it stays with it. */
export interface CsrfTokens {
  /** @param cookie value of the session cookie */
  of(cookie: string): string;
  matches(cookie: string, token: string): boolean;
}

/** @param key 32 bytes, the same on every node */
export function createCsrfTokens(key: Buffer): CsrfTokens {
  const of = (cookie: string): string => createHmac('sha256', key).update(cookie).digest('base64url');
  return { of, matches: (cookie, token) => equalSecrets(of(cookie), token) };
}
