import type { Logger } from 'pino';
import type { Clock } from '../kernel/clock.ts';
import type { Database, Transaction } from '../platform/db/index.ts';

/**
 * Notes in the database that a credential was used, now and then: what was noted lately, by this process or another, is not noted
 * again.
 * @param lastUsedAt as it stands in the database, ms
 */
export type NoteUse = (
  uuid: string,
  lastUsedAt: number | null,
  mark: (tx: Transaction, uuid: string) => Promise<void>,
) => Promise<void>;

const REMEMBERED_MAX = 10_000;

/** @param everyMs how long a note is good enough */
export function createNoteUse(
  { db, clock, log }: { readonly db: Database; readonly clock: Clock; readonly log: Logger },
  everyMs: number,
): NoteUse {
  const notedAt = new Map<string, number>();
  return async (uuid, lastUsedAt, mark) => {
    const now = clock.now();
    if (Math.max(notedAt.get(uuid) ?? 0, lastUsedAt ?? 0) + everyMs > now) return;
    notedAt.delete(uuid);
    notedAt.set(uuid, now);
    if (notedAt.size > REMEMBERED_MAX) notedAt.delete(notedAt.keys().next().value ?? uuid);
    // The credential is good also where nothing can be written.
    await db
      .transaction((tx) => mark(tx, uuid))
      .catch((error: unknown) => log.debug({ err: error }, 'The last use of a credential could not be noted'));
  };
}
