import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kernel/clock.ts';

/**
 * Remembers for a short time that a secret was right, so that a client that sends its password with every request does
 * not cost a hash each time. Only right secrets are ever remembered, and only as a hash under a key that dies with the
 * process.
 */
export interface VerifiedSecrets {
  /** Whether exactly this secret was remembered for this owner within the last minute. */
  has(owner: string, secret: string): boolean;
  /** @param owner must change when the secret does (account and password version) */
  remember(owner: string, secret: string): void;
}

export function createVerifiedSecrets(clock: Clock, options: { ttlMs?: number; max?: number } = {}): VerifiedSecrets {
  const { ttlMs = 60_000, max = 10_000 } = options;
  const key = randomBytes(32);
  const seen = new LRUCache<string, true>({
    max,
    ttl: ttlMs,
    ttlResolution: 0,
    perf: clock,
  });
  // The length keeps owner and secret apart whatever they contain.
  const entry = (owner: string, secret: string): string =>
    createHmac('sha256', key).update(`${owner.length}:${owner}${secret}`).digest('base64');
  return {
    has: (owner, secret) => seen.has(entry(owner, secret)),
    remember: (owner, secret) => {
      seen.set(entry(owner, secret), true);
    },
  };
}
