import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Cache, VALUE_MAX } from '../ports.ts';

export interface CacheUnderTest {
  readonly cache: Cache;
  /** Lets the time pass that values live by, on this cache's clock. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What every cache does. */
export function describeCache(title: string, open: () => Promise<CacheUnderTest>): void {
  describe(`cache: ${title}`, () => {
    let under: CacheUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    test('gives back what was set, each key for itself', async () => {
      const { cache } = under;
      await cache.set('a', 'first', 60_000);
      await cache.set('ü b:{c}', 'ä\u0000€😀', 60_000);
      await cache.set('empty', '', 60_000);
      expect(await cache.get('a')).toBe('first');
      expect(await cache.get('ü b:{c}')).toBe('ä\u0000€😀');
      expect(await cache.get('empty')).toBe('');
      expect(await cache.get('none')).toBeUndefined();
      await cache.set('a', 'second', 60_000);
      expect(await cache.get('a')).toBe('second');
    });

    test('forgets a value when its life ends; reading does not prolong it', async () => {
      const { cache } = under;
      await cache.set('a', 'value', 400);
      await cache.set('b', 'value', 60_000);
      expect(await cache.get('a')).toBe('value');
      await under.pass(401);
      expect(await cache.get('a')).toBeUndefined();
      expect(await cache.get('b')).toBe('value');
    });

    test('forgets what was deleted', async () => {
      const { cache } = under;
      await cache.set('a', 'value', 60_000);
      await cache.delete('a');
      await cache.delete('none');
      expect(await cache.get('a')).toBeUndefined();
    });

    test('keeps no value that is too long, nor the one before it', async () => {
      const { cache } = under;
      await cache.set('a', 'x'.repeat(VALUE_MAX), 60_000);
      expect(await cache.get('a')).toHaveLength(VALUE_MAX);
      await cache.set('a', 'x'.repeat(VALUE_MAX + 1), 60_000);
      expect(await cache.get('a')).toBeUndefined();
    });
  });
}
