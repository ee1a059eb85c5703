import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../test/support/fake-clock.ts';
import { silentLog } from '../../test/support/identity.ts';
import { createLocalCounters } from '../platform/limits/index.ts';
import { createSignInThrottle, type SignInThrottle } from './sign-in-throttle.ts';

interface Gate {
  readonly clock: FakeClock;
  readonly throttle: SignInThrottle;
  /** Outcome of one attempt: whether it was right, or the seconds it was told to wait. */
  readonly attempt: (address: string, login: string, right?: boolean) => Promise<boolean | number>;
}

function open(clock = createFakeClock()): Gate {
  const throttle = createSignInThrottle({ counters: createLocalCounters(clock), log: silentLog });
  return {
    clock,
    throttle,
    attempt: (address, login, right = false) =>
      throttle.attempt({ address, login }, () => Promise.resolve(right)).catch(secondsToWait),
  };
}

function secondsToWait(error: unknown): number {
  expect(error).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  return Number((error as { headers: Record<string, string> }).headers['Retry-After']);
}

test('after three failures each further one doubles the wait, up to ten minutes', async () => {
  const { clock, attempt } = open();
  for (let index = 0; index < 3; index++) expect(await attempt('here', 'alice')).toBe(false);
  const waits: number[] = [];
  for (let index = 0; index < 14; index++) {
    const seconds = Number(await attempt('here', 'alice', true));
    waits.push(seconds);
    clock.advance(seconds * 1000 - 1);
    // One that comes too early changes nothing.
    expect(await attempt('here', 'alice', true)).toBe(1);
    clock.advance(1);
    expect(await attempt('here', 'alice')).toBe(false);
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600, 600]);
});

test('success forgets the failures, and so does an hour', async () => {
  const { clock, attempt } = open();
  for (let index = 0; index < 3; index++) await attempt('here', 'alice');
  clock.advance(1000);
  expect(await attempt('here', 'alice', true)).toBe(true);
  for (let index = 0; index < 3; index++) expect(await attempt('here', 'alice')).toBe(false);
  expect(await attempt('here', 'alice')).toBe(1);
  clock.advance(3_600_001);
  for (let index = 0; index < 3; index++) expect(await attempt('here', 'alice')).toBe(false);
});

test('failures from one address keep nobody out elsewhere', async () => {
  const { attempt } = open();
  for (let index = 0; index < 100; index++) await attempt('stranger', 'alice');
  expect(await attempt('stranger', 'alice', true)).toBeGreaterThan(0);
  expect(await attempt('home', 'alice', true)).toBe(true);
});

test('an account that a thousand addresses guess at stays open to a right password from another one', async () => {
  const { clock, attempt } = open();
  for (let index = 0; index < 1000; index++) {
    await attempt(`stranger ${index}`, 'alice');
    clock.advance(100);
  }
  expect(await attempt('home', 'alice', true)).toBe(true);
  // But each of them has one guess, and waits a minute for the next one.
  expect(await attempt('stranger 1001', 'alice')).toBe(false);
  expect(await attempt('stranger 1001', 'alice')).toBeGreaterThan(30);
});

test('an address that tries many logins waits with all it has not signed in with', async () => {
  const { clock, attempt } = open();
  expect(await attempt('office', 'alice', true)).toBe(true);
  for (let index = 0; index < 20; index++) expect(await attempt('office', `guess ${index}`)).toBe(false);
  expect(await attempt('office', 'bob', true)).toBe(1);
  expect(await attempt('office', 'alice', true)).toBe(true);
  expect(await attempt('home', 'bob', true)).toBe(true);
  clock.advance(1000);
  expect(await attempt('office', 'bob', true)).toBe(true);
});

test('one client with one stale password does not use up what its address may do', async () => {
  const { clock, attempt } = open();
  for (let second = 0; second < 6 * 3600; second++) {
    await attempt('office', 'stale');
    clock.advance(1000);
  }
  expect(await attempt('office', 'new colleague', true)).toBe(true);
});

test('guesses at once are counted as they come in', async () => {
  const { attempt } = open();
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => attempt('here', 'alice')));
  expect(outcomes.filter((outcome) => outcome === false)).toHaveLength(3);
});

test('an unknown login is treated like a known one', async () => {
  const { attempt } = open();
  const outcomes = async (login: string) => {
    const all: (boolean | number)[] = [];
    for (let index = 0; index < 5; index++) all.push(await attempt('here', login));
    return all;
  };
  expect(await outcomes('alice')).toEqual(await outcomes('nobody'));
});

test('a check that could not be made counts for nothing', async () => {
  const { throttle, attempt } = open();
  const who = { address: 'here', login: 'alice' };
  for (let index = 0; index < 20; index++) {
    await expect(throttle.attempt(who, () => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
  }
  expect(await attempt('here', 'alice', true)).toBe(true);
});

test('however a guesser paces himself, he gets few guesses', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 50, maxLength: 200 }), async (pauses) => {
      const { clock, attempt } = open();
      const begin = clock.now();
      let guesses = 0;
      for (const pause of pauses) {
        clock.advance(pause * 1000);
        if ((await attempt('here', 'alice')) === false) guesses += 1;
      }
      const hours = (clock.now() - begin) / 3_600_000;
      expect(guesses).toBeLessThanOrEqual(3 + 10 + hours * 6);
    }),
    { numRuns: 50 },
  );
});
