import type { Logger } from 'pino';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { writeProfile } from './store.ts';

/** When users were last here. */
export interface LastUse {
  /** Writes it soon, unless that was done a moment ago. Never fails and is never waited for: users come in where nothing can be written. */
  note(userId: number): void;
}

const REMEMBERED_MAX = 10_000;

/** @param everyMs how often it is written at most; undefined: never */
export function createLastUse(
  { db, clock, log }: { readonly db: Database; readonly clock: Clock; readonly log: Logger },
  everyMs: number | undefined,
): LastUse {
  if (everyMs === undefined) return { note: () => undefined };
  const notedAt = new LRUCache<number, number>({ max: REMEMBERED_MAX });
  return {
    note(userId) {
      const now = clock.now();
      if ((notedAt.get(userId) ?? Number.NEGATIVE_INFINITY) + everyMs > now) return;
      notedAt.set(userId, now);
      void db
        .transaction(async (tx) => writeProfile(tx, userId, { last_used_at: await tx.now() }))
        .catch((error: unknown) => log.debug({ err: error }, 'The last use of an account could not be noted'));
    },
  };
}
