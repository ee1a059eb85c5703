import { expect, test } from 'vitest';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { createLocalCache, createNoCache } from './index.ts';
import { describeCache } from './testing/conformance.ts';

describeCache('of one process', () => {
  const clock = createFakeClock();
  const pass = (ms: number) => Promise.resolve(clock.advance(ms));
  return Promise.resolve({ cache: createLocalCache(clock), pass, close: () => Promise.resolve() });
});

test('what was used least lately makes room', async () => {
  const cache = createLocalCache(createFakeClock(), 10_000);
  for (let index = 0; index < 100; index++) {
    await cache.set(`key ${index}`, 'x'.repeat(1000), 60_000);
    expect(await cache.get('key 0')).toBeDefined();
  }
  const kept = await Promise.all(Array.from({ length: 100 }, (_, index) => cache.get(`key ${index}`)));
  expect(kept.filter((value) => value !== undefined).length).toBeLessThan(10);
});

test('the engine noop keeps nothing', async () => {
  const cache = createNoCache();
  await cache.set('a', 'value', 60_000);
  await cache.delete('a');
  expect(await cache.get('a')).toBeUndefined();
});
