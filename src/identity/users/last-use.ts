import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { markUsersUsed } from './store.ts';

/** When users were last here, by whatever they sign in with: written beside the requests. */
export interface LastUse {
  /** Returns at once, and writes it soon, unless that was done a moment ago. */
  note(userId: number): void;
  /** Writes what is noted. Never rejects: users come in where nothing can be written. */
  flush(): Promise<void>;
}

const FLUSH_AFTER_MS = 5000;
const REMEMBERED_MAX = 10_000;
/** Rows of one statement: a transaction stays short. */
const BATCH = 500;

/** @param everyMs how often the use of one account is written at most; undefined: never */
export function createLastUse(
  { db, clock, log }: { readonly db: Database; readonly clock: Clock; readonly log: Logger },
  everyMs: number | undefined,
): LastUse {
  if (everyMs === undefined) return { note: () => undefined, flush: () => Promise.resolve() };
  const lately = new LRUCache<number, true>({ max: REMEMBERED_MAX, ttl: everyMs, ttlResolution: 0, perf: clock });
  let waiting = new Set<number>();

  async function flush(): Promise<void> {
    const users = [...waiting];
    waiting = new Set();
    for (let from = 0; from < users.length; from += BATCH) {
      await db
        .transaction((tx) => markUsersUsed(tx, users.slice(from, from + BATCH)))
        .catch((error: unknown) => log.debug({ err: error }, 'The last use of accounts could not be noted'));
    }
  }

  return {
    note(userId) {
      if (lately.has(userId)) return;
      lately.set(userId, true);
      if (waiting.size === 0) clock.after(FLUSH_AFTER_MS, () => void flush());
      waiting.add(userId);
    },
    flush,
  };
}
