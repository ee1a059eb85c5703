import { AppError } from '../kernel/errors.ts';
import type { Tag } from '../kernel/reference.ts';
import type { Transaction } from '../platform/db/index.ts';
import { lockRepository } from './lock-repository.ts';
import { closeInterval, isExpired } from './tag-interval.ts';
import { lastInterval } from './tag-store.ts';

/**
 * Ends a tag; its history stays. Errors: MANIFEST_UNKNOWN when there is no such tag (distribution-spec "Deleting tags"),
 * NAME_UNKNOWN when the repository is gone.
 */
export async function deleteTag(tx: Transaction, repositoryId: number, tag: Tag): Promise<void> {
  await lockRepository(tx, repositoryId);
  const now = await tx.now();
  const last = await lastInterval(tx, repositoryId, tag);
  if (last === undefined || last.endAt !== null || isExpired(last, now)) {
    throw new AppError('MANIFEST_UNKNOWN', `Tag "${tag}" is not in this repository`, { detail: { tag } });
  }
  await closeInterval(tx, last, now);
}
