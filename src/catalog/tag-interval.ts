import type { Tag } from '../kernel/reference.ts';
import type { Transaction } from '../platform/db/index.ts';
import { beginInterval, endInterval, lastInterval } from './tag-store.ts';
import type { TagInterval } from './tag-store.ts';

export function isExpired(interval: TagInterval, now: number): boolean {
  return interval.expiresAt !== null && interval.expiresAt <= now;
}

/**
 * When an alive interval that stops counting at `now` ends. Never empty and never before it began, even when the database's
 * clock was set back; an expired one ended when it expired, not when somebody noticed.
 */
function endOf(interval: TagInterval, now: number): number {
  const stopped = isExpired(interval, now) ? (interval.expiresAt ?? now) : now;
  return Math.max(stopped, interval.startAt + 1);
}

/** Ends an alive interval. The caller holds the repository's lock. */
export async function closeInterval(tx: Transaction, interval: TagInterval, now: number): Promise<number> {
  const endAt = endOf(interval, now);
  await endInterval(tx, interval.id, endAt);
  return endAt;
}

/**
 * Points a tag at a manifest. A tag that names it already stays untouched, unless it was to expire: then it begins anew
 * without an expiry, as pushing again means to keep it. The caller holds the repository's lock.
 */
export async function moveTag(
  tx: Transaction,
  target: { readonly repositoryId: number; readonly name: Tag; readonly manifestId: number },
  now: number,
): Promise<'created' | 'moved' | 'unchanged'> {
  const last = await lastInterval(tx, target.repositoryId, target.name);
  const alive = last !== undefined && last.endAt === null && !isExpired(last, now);
  if (alive && last.manifestId === target.manifestId && last.expiresAt === null) return 'unchanged';
  // Intervals of one name never overlap: the new one begins no earlier than the last one ended.
  let startAt = now;
  if (last !== undefined) startAt = Math.max(now, last.endAt ?? (await closeInterval(tx, last, now)));
  await beginInterval(tx, { ...target, startAt });
  return alive ? 'moved' : 'created';
}
