import { hash } from 'node:crypto';
import type { Logger } from 'pino';
import { AppError } from '../kernel/errors.ts';
import type { Count, Counters } from '../platform/limits/index.ts';

/** Who signs in from where. */
export interface SignInAttempt {
  /** As counted by limits: an IPv6 network, not an address. */
  readonly address: string;
  readonly login: string;
}

/**
 * Makes guessing passwords slow. A failure delays only whoever made it: this login from this address, after three failures by 1 s,
 * doubled with each further one. An address that has failed with many logins waits for every login with which nobody has signed in
 * from there lately. An account that many addresses guess at is never closed, but each of them has one guess and waits longer after
 * it. So a right password always gets in from an address that has not failed.
 */
export interface SignInThrottle {
  /**
   * Runs the check, unless it is too early for one. A check that throws counts for nothing.
   * Errors: TOO_MANY_REQUESTS with Retry-After.
   */
  attempt(who: SignInAttempt, check: () => Promise<boolean>): Promise<boolean>;
}

/** Failures are forgotten this long after the last one. */
const MEMORY_MS = 3_600_000;
/** How long a login counts as one that signs in from an address. */
const FAMILIAR_MS = 7 * 24 * 3_600_000;
const FIRST_DELAY_MS = 1000;
/** Failures without a delay, and the longest delay: of one login from one address, and of an address with all of its logins. */
const OWN = { free: 3, maxMs: 10 * 60_000 };
const ADDRESS = { free: 20, maxMs: 60_000 };
/** Each time this many failures of an account double, delays after a failure with it double too, up to so many times. */
const ACCOUNT_STEP = 16;
const ACCOUNT_DOUBLINGS_MAX = 6;

export function createSignInThrottle(ports: { readonly counters: Counters; readonly log: Logger }): SignInThrottle {
  const { counters, log } = ports;

  /** @returns the attempts of the login from the address that have not succeeded, this one included. */
  async function admit(keys: Keys): Promise<number> {
    const [own = NONE, address = NONE, account = NONE, familiar = NONE] = await counters.read([
      keys.own,
      keys.address,
      keys.account,
      keys.familiar,
    ]);
    const doublings = accountDoublings(account.count);
    const free = doublings > 0 ? 1 : OWN.free;
    const ownWaitMs = waitMs(own, { ...OWN, free }, doublings);
    refuseUntil(familiar.count > 0 ? ownWaitMs : Math.max(ownWaitMs, waitMs(address, ADDRESS, 0)));
    // Counted before the check, so that guesses at once do not all pass as the first one.
    const count = await counters.add(keys.own, 1, MEMORY_MS);
    if (count > own.count + 1 && count > free) {
      await counters.add(keys.own, -1, MEMORY_MS);
      refuseUntil(FIRST_DELAY_MS);
    }
    if (count === OWN.free + 1) {
      log.warn({ client: keys.client }, 'Sign-ins from this address are delayed after failures');
    }
    return count;
  }

  async function succeed(keys: Keys): Promise<void> {
    await Promise.all([counters.remove(keys.own), counters.add(keys.familiar, 1, FAMILIAR_MS)]);
  }

  async function fail(keys: Keys, count: number): Promise<void> {
    // A client that fails with one login for ever is slow already, and must not use up what its neighbours may do.
    const counted = count <= OWN.free ? [keys.address, keys.account] : [keys.account];
    await Promise.all(counted.map((key) => counters.add(key, 1, MEMORY_MS)));
  }

  return {
    async attempt(who, check) {
      const keys = keysOf(who);
      const count = await admit(keys);
      let right: boolean;
      try {
        right = await check();
      } catch (error) {
        await counters.add(keys.own, -1, MEMORY_MS);
        throw error;
      }
      await (right ? succeed(keys) : fail(keys, count));
      return right;
    },
  };
}

const NONE: Count = { count: 0, expiresInMs: 0 };

interface Keys {
  readonly client: string;
  readonly own: string;
  readonly address: string;
  readonly account: string;
  readonly familiar: string;
}

/** What was typed as a login may be anything, a password too: only its hash is kept. */
function keysOf({ address, login }: SignInAttempt): Keys {
  const name = hash('sha256', login.toLowerCase(), 'base64url');
  return {
    client: address,
    own: `failed:own:${address}:${name}`,
    address: `failed:address:${address}`,
    account: `failed:account:${name}`,
    familiar: `familiar:${address}:${name}`,
  };
}

/** How long after the last of these failures the next attempt still has to wait, in ms. */
function waitMs({ count, expiresInMs }: Count, limit: typeof OWN, doublings: number): number {
  if (count < limit.free) return 0;
  const delayMs = Math.min(limit.maxMs, FIRST_DELAY_MS * 2 ** (count - limit.free + doublings));
  const agoMs = MEMORY_MS - expiresInMs;
  return Math.max(0, delayMs - agoMs);
}

function accountDoublings(failures: number): number {
  return failures < ACCOUNT_STEP
    ? 0
    : Math.min(ACCOUNT_DOUBLINGS_MAX, Math.floor(Math.log2(failures / ACCOUNT_STEP)) + 1);
}

function refuseUntil(leftMs: number): void {
  if (leftMs <= 0) return;
  const seconds = Math.ceil(leftMs / 1000);
  throw new AppError(
    'TOO_MANY_REQUESTS',
    `Too many failed sign-ins; check the user name and the password, and try again in ${seconds} s`,
    { headers: { 'Retry-After': String(seconds) } },
  );
}
