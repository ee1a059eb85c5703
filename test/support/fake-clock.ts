import type { Clock } from '../../src/kernel/clock.ts';

export interface FakeClock extends Clock {
  /** Moves the time on and runs, in order, every callback that falls due. */
  advance(ms: number): void;
  /** How many callbacks are waiting. */
  readonly pending: number;
}

/** A clock that stands still until the test moves it. */
export function createFakeClock(start = 1_700_000_000_000): FakeClock {
  let now = start;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  const nextDue = (until: number) =>
    [...timers].filter((timer) => timer.at <= until).toSorted((a, b) => a.at - b.at)[0];
  return {
    now: () => now,
    get pending() {
      return timers.size;
    },
    after(delayMs, callback) {
      const timer = { at: now + delayMs, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      const until = now + ms;
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        timers.delete(timer);
        now = Math.max(now, timer.at);
        timer.callback();
      }
      now = until;
    },
  };
}
