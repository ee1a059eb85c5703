import type { Clock } from '../../kernel/clock.ts';
import type { LogTally } from './log-tally.ts';

/** Lines that may say the same, and warnings and errors altogether, in one window. */
const SAME_MAX = 100;
const ALL_MAX = 1000;
const WINDOW_MS = 10_000;
/** Distinct messages that are told apart in one window; those beyond share what is left of ALL_MAX. */
const MESSAGES_MAX = 500;

/** What was left out in a window that has ended. */
export interface LeftOut {
  readonly message: string;
  readonly count: number;
}

export interface RepeatLimit {
  /** Whether a warning or error with this message may be written now. */
  admit(message: string): boolean;
}

/**
 * Keeps a fault that hits every request from filling the disk: of each message the first hundred in ten seconds are written,
 * and a thousand of all messages together.
 * @param report is called after each window for every message that something was left out of.
 */
export function createRepeatLimit(clock: Clock, tally: LogTally, report: (leftOut: LeftOut) => void): RepeatLimit {
  let seen = new Map<string, { admitted: number; leftOut: number }>();
  let admittedInAll = 0;
  let isOpen = false;

  function endWindow(): void {
    const ended = seen;
    seen = new Map();
    admittedInAll = 0;
    isOpen = false;
    for (const [message, { leftOut }] of ended) if (leftOut > 0) report({ message, count: leftOut });
  }

  return {
    admit(message) {
      if (!isOpen) {
        isOpen = true;
        clock.after(WINDOW_MS, endWindow);
      }
      const key = seen.has(message) || seen.size < MESSAGES_MAX ? message : 'other messages';
      const counts = seen.get(key) ?? { admitted: 0, leftOut: 0 };
      seen.set(key, counts);
      if (counts.admitted >= SAME_MAX || admittedInAll >= ALL_MAX) {
        counts.leftOut += 1;
        tally.repeated += 1;
        return false;
      }
      counts.admitted += 1;
      admittedInAll += 1;
      return true;
    },
  };
}
