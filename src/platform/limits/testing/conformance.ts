import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Counters } from '../counters.ts';

export interface CountersUnderTest {
  readonly counters: Counters;
  /** Lets the time pass that counts live by, on this store's clock. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What every store of counters does. */
export function describeCounters(title: string, open: () => Promise<CountersUnderTest>): void {
  describe(`counters: ${title}`, () => {
    let store: CountersUnderTest;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test('what was never counted is zero', async () => {
      expect(await store.counters.read(['a', 'b'])).toEqual([
        { count: 0, expiresInMs: 0 },
        { count: 0, expiresInMs: 0 },
      ]);
      expect(await store.counters.read([])).toEqual([]);
    });

    test('adds up, each key for itself', async () => {
      expect(await store.counters.add('a', 1, 60_000)).toBe(1);
      expect(await store.counters.add('a', 2, 60_000)).toBe(3);
      expect(await store.counters.add('ü b:{c}', 1, 60_000)).toBe(1);
      const counts = await store.counters.read(['ü b:{c}', 'none', 'a']);
      expect(counts.map(({ count }) => count)).toEqual([1, 0, 3]);
    });

    test('additions at once are all counted', async () => {
      const counts = await Promise.all(Array.from({ length: 50 }, () => store.counters.add('a', 1, 60_000)));
      expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    });

    test('is forgotten when its life ends', async () => {
      await store.counters.add('a', 1, 400);
      await store.pass(401);
      expect(await store.counters.read(['a'])).toEqual([{ count: 0, expiresInMs: 0 }]);
      expect(await store.counters.add('a', 1, 400)).toBe(1);
    });

    test('raising begins its life anew, lowering and reading do not', async () => {
      await store.counters.add('a', 3, 60_000);
      await store.counters.add('a', 1, 90_000);
      const [raised] = await store.counters.read(['a']);
      expect(raised?.expiresInMs).toBeGreaterThan(60_000);
      expect(raised?.expiresInMs).toBeLessThanOrEqual(90_000);
      expect(await store.counters.add('a', -1, 900_000)).toBe(3);
      const [lowered] = await store.counters.read(['a']);
      expect(lowered?.count).toBe(3);
      expect(lowered?.expiresInMs).toBeLessThanOrEqual(raised?.expiresInMs ?? 0);
    });

    test('never falls below zero, and zero is forgotten', async () => {
      await store.counters.add('a', 1, 60_000);
      expect(await store.counters.add('a', -1, 60_000)).toBe(0);
      expect(await store.counters.add('a', -1, 60_000)).toBe(0);
      expect(await store.counters.read(['a'])).toEqual([{ count: 0, expiresInMs: 0 }]);
      expect(await store.counters.add('a', 1, 60_000)).toBe(1);
    });

    test('can be removed', async () => {
      await store.counters.add('a', 5, 60_000);
      await store.counters.remove('a');
      await store.counters.remove('none');
      expect(await store.counters.add('a', 1, 60_000)).toBe(1);
    });
  });
}
