import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../test/support/fake-clock.ts';
import { remembered, TimeLimitError } from './remembered.ts';

function counted(answers: readonly (() => Promise<number>)[]) {
  const clock = createFakeClock();
  let reads = 0;
  const read = (): Promise<number> => {
    const answer = answers[reads++];
    return answer === undefined ? Promise.reject(new Error('read too often')) : answer();
  };
  return { clock, get: remembered({ read, forMs: 10_000, limitMs: 2000, clock }), reads: () => reads };
}

describe('what is remembered', () => {
  test('is found out once for everybody who asks meanwhile', async () => {
    const { clock, get, reads } = counted([() => Promise.resolve(1), () => Promise.resolve(2)]);
    expect(await Promise.all([get(), get(), get()])).toEqual([1, 1, 1]);
    clock.advance(9999);
    expect(await get()).toBe(1);
    expect(reads()).toBe(1);
    clock.advance(1);
    expect(await get()).toBe(2);
  });

  test('is a failure only for a second', async () => {
    const { clock, get, reads } = counted([() => Promise.reject(new Error('down')), () => Promise.resolve(2)]);
    await expect(get()).rejects.toThrow('down');
    await expect(get()).rejects.toThrow('down');
    expect(reads()).toBe(1);
    clock.advance(1000);
    expect(await get()).toBe(2);
  });

  test('is nothing while it hangs: callers are told at once after the limit, and no second attempt is begun', async () => {
    const late = Promise.withResolvers<number>();
    const { clock, get, reads } = counted([() => late.promise]);
    const first = get();
    clock.advance(2000);
    await expect(first).rejects.toThrow(TimeLimitError);
    clock.advance(3_600_000);
    await expect(get()).rejects.toThrow('within 2000 ms');
    expect(reads()).toBe(1);
    late.resolve(5);
    await late.promise;
    expect(await get()).toBe(5);
    expect(reads()).toBe(1);
  });
});
