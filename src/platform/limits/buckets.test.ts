import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { Buckets } from './buckets.ts';

const rates = fc.record({ perSecond: fc.integer({ min: 1, max: 2000 }), burst: fc.integer({ min: 1, max: 20 }) });
const pauses = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 40 });

test('in no window are more let through than the burst and what the rate adds', () => {
  fc.assert(
    fc.property(rates, pauses, (rate, gaps) => {
      const clock = createFakeClock();
      const buckets = new Buckets(rate, clock);
      const passed: number[] = [];
      for (const gap of gaps) {
        clock.advance(gap);
        // One more than can be let through ends a defect that lets everything through.
        for (let count = 0; count <= rate.burst && buckets.take('caller') === 0; count++) passed.push(clock.now());
      }
      for (const [first, begin] of passed.entries()) {
        const tooMany = passed.findIndex(
          (at, last) => last >= first && last - first + 1 > rate.burst + ((at - begin) * rate.perSecond) / 1000 + 1e-6,
        );
        expect(tooMany).toBe(-1);
      }
    }),
  );
});

test('whoever keeps to the rate is never refused, whatever others do', () => {
  fc.assert(
    fc.property(rates, fc.array(fc.nat({ max: 20 }), { maxLength: 200 }), (rate, others) => {
      const clock = createFakeClock();
      const buckets = new Buckets(rate, clock);
      for (const count of others) {
        clock.advance(Math.ceil(1000 / rate.perSecond));
        for (let index = 0; index < count; index++) buckets.take('greedy');
        expect(buckets.take('steady')).toBe(0);
      }
    }),
  );
});

test('whoever waits as long as he was told to is let through, and not before', () => {
  fc.assert(
    fc.property(rates, pauses, (rate, gaps) => {
      const clock = createFakeClock();
      const buckets = new Buckets(rate, clock);
      for (const gap of gaps) {
        clock.advance(gap);
        const waitMs = buckets.take('caller');
        // Sums of fractions miss by less than a microsecond.
        expect(waitMs).toBeLessThanOrEqual(1000 / rate.perSecond + 1e-3);
        if (waitMs === 0) continue;
        const early = Math.max(0, Math.floor(waitMs - 0.01));
        clock.advance(early);
        expect(buckets.take('caller')).toBeGreaterThan(0);
        clock.advance(Math.ceil(waitMs) - early);
        expect(buckets.take('caller')).toBe(0);
      }
    }),
  );
});

test('after a pause the whole burst is there again', () => {
  const clock = createFakeClock();
  const buckets = new Buckets({ perSecond: 5, burst: 20 }, clock);
  const burst = () => {
    let count = 0;
    while (count < 100 && buckets.take('caller') === 0) count += 1;
    return count;
  };
  expect(burst()).toBe(20);
  clock.advance(1000);
  expect(burst()).toBe(5);
  clock.advance(4000);
  expect(burst()).toBe(20);
});

test('a clock that is set back locks nobody out', () => {
  let now = 1_700_000_000_000;
  const buckets = new Buckets({ perSecond: 1, burst: 3 }, { now: () => now, after: () => () => undefined });
  for (let count = 0; count < 10; count++) buckets.take('caller');
  now -= 3_600_000;
  expect(buckets.take('caller')).toBe(0);
});

test('memory is bounded, however many callers there are', () => {
  const clock = createFakeClock();
  const buckets = new Buckets({ perSecond: 1, burst: 10 }, clock, 1000);
  for (let index = 0; index < 50_000; index++) {
    expect(buckets.take(`address ${index}`)).toBe(0);
    expect(buckets.size).toBeLessThanOrEqual(2000);
  }
});

test('a caller that is refused stays so while others come and go', () => {
  const clock = createFakeClock();
  const buckets = new Buckets({ perSecond: 1, burst: 2 }, clock, 1000);
  for (let index = 0; index < 10_000; index++) {
    if (index % 100 === 0) clock.advance(1);
    buckets.take(`address ${index}`);
    if (index > 2) expect(buckets.take('greedy')).toBeGreaterThan(0);
    else buckets.take('greedy');
  }
});
