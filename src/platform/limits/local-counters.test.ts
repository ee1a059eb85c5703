import { expect, test } from 'vitest';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import type { Counters } from './counters.ts';
import { createLocalCounters, createSharedCounters } from './index.ts';
import { describeCounters } from './testing/conformance.ts';

function onFakeClock(make: (clock: ReturnType<typeof createFakeClock>) => Counters) {
  return () => {
    const clock = createFakeClock();
    const pass = (ms: number) => Promise.resolve(clock.advance(ms));
    return Promise.resolve({ counters: make(clock), pass, close: () => Promise.resolve() });
  };
}

/** A store that cannot be reached, and how often it was tried. */
function unreachable(): Counters & { tried: number } {
  const fail = () => {
    store.tried += 1;
    return Promise.reject(new Error('unreachable'));
  };
  const store = { tried: 0, add: fail, read: fail, remove: fail };
  return store;
}

describeCounters('of one process', onFakeClock(createLocalCounters));

describeCounters(
  'shared, with the shared ones lost',
  onFakeClock((clock) => createSharedCounters(unreachable(), createLocalCounters(clock), clock, () => true)),
);

test('no more than the limit are kept', async () => {
  const counters = createLocalCounters(createFakeClock(), 100);
  for (let index = 0; index < 1000; index++) await counters.add(`key ${index}`, 1, 60_000);
  const counts = await counters.read(Array.from({ length: 1000 }, (_, index) => `key ${index}`));
  expect(counts.filter(({ count }) => count > 0)).toHaveLength(100);
});

test('a shared store that fails is left alone for a while, and asked again afterwards', async () => {
  const clock = createFakeClock();
  const shared = unreachable();
  const counters = createSharedCounters(shared, createLocalCounters(clock), clock, () => true);
  for (let index = 1; index <= 5; index++) expect(await counters.add('a', 1, 60_000)).toBe(index);
  expect(shared.tried).toBe(1);
  clock.advance(5000);
  await counters.read(['a']);
  expect(shared.tried).toBe(2);
});

test('what was counted over the shared store still counts when that is lost', async () => {
  const clock = createFakeClock();
  const stores = { shared: createLocalCounters(clock) };
  const forward: Counters = {
    add: (...args) => stores.shared.add(...args),
    read: (...args) => stores.shared.read(...args),
    remove: (...args) => stores.shared.remove(...args),
  };
  const counters = createSharedCounters(forward, createLocalCounters(clock), clock, () => true);
  await stores.shared.add('a', 10, 60_000);
  expect(await counters.add('a', 1, 60_000)).toBe(11);
  stores.shared = unreachable();
  expect((await counters.read(['a']))[0]?.count).toBe(1);
});

test('a shared store that is known to be away is not asked', async () => {
  const clock = createFakeClock();
  const shared = unreachable();
  const state = { reachable: false };
  const counters = createSharedCounters(shared, createLocalCounters(clock), clock, () => state.reachable);
  expect(await counters.add('a', 1, 60_000)).toBe(1);
  expect(shared.tried).toBe(0);
  state.reachable = true;
  await counters.remove('a');
  expect(shared.tried).toBe(1);
});
