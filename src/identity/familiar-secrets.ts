import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.ts';

/** Credentials as they came, and for whom. */
export interface PresentedCredentials {
  /** As counted by limits: an IPv6 network, not an address. */
  readonly address: string;
  readonly login: string;
  /** Account and password version; the same for all that there are not. */
  readonly owner: string;
  readonly secret: string;
}

/**
 * Remembers which credentials were right from which address, so that a neighbour with a wrong password, behind the same address and
 * even for the same account, does not keep those out who have the right one. It must not tell a guesser what is right, so for one
 * login from one address it looks at few different secrets in a while; the same wrong one sent over and over counts once.
 */
export interface FamiliarSecrets {
  recognizes(credentials: PresentedCredentials): boolean;
  /** To be called when they have been found right. */
  remember(credentials: PresentedCredentials): void;
}

const REMEMBERED_MAX = 10_000;
const REMEMBERED_MS = 24 * 3_600_000;
const GUESSES_MAX = 10;
const GUESSES_MS = 10 * 60_000;

export function createFamiliarSecrets(clock: Clock): FamiliarSecrets {
  const key = randomBytes(32);
  const timed = { ttlResolution: 0, perf: clock };
  const right = new LRUCache<string, true>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS, ...timed });
  const guesses = new LRUCache<string, Set<string>>({ max: REMEMBERED_MAX, ttl: GUESSES_MS, ...timed });
  const sum = (...parts: readonly string[]): string =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64');
  const asked = ({ address, login }: PresentedCredentials): string => sum('asked', address, login);
  const given = (all: PresentedCredentials): string => sum('given', all.address, all.owner, all.login, all.secret);

  return {
    recognizes(credentials) {
      const secret = given(credentials);
      // As long as nobody guesses, a client that signs each request pays for one sum.
      if (guesses.size === 0 && right.has(secret)) return true;
      const group = asked(credentials);
      const wrong = guesses.get(group);
      if (wrong?.has(secret) === true) return false;
      if (wrong !== undefined && wrong.size >= GUESSES_MAX) return false;
      if (right.has(secret)) return true;
      if (wrong === undefined) guesses.set(group, new Set([secret]));
      else wrong.add(secret);
      return false;
    },
    remember(credentials) {
      const secret = given(credentials);
      right.set(secret, true);
      guesses.get(asked(credentials))?.delete(secret);
    },
  };
}
