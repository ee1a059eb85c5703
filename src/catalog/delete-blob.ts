import type { Digest } from '../kernel/digest.ts';
import { AppError } from '../kernel/errors.ts';
import type { Transaction } from '../platform/db/index.ts';
import { dropLease, readableBlobs, usedByAliveManifest } from './manifest-store.ts';
import { lockRepository } from './lock-repository.ts';

/**
 * Takes an unused blob from a repository, which no longer reads it from now on (distribution-spec "Deleting Blobs"). Other
 * repositories keep it; its bytes go with garbage collection.
 * Errors: BLOB_IN_USE when an alive manifest of the repository uses it, BLOB_UNKNOWN, NAME_UNKNOWN.
 */
export async function deleteBlob(tx: Transaction, repositoryId: number, digest: Digest): Promise<void> {
  await lockRepository(tx, repositoryId);
  const [blob] = await readableBlobs(tx, repositoryId, [digest], await tx.now());
  if (blob === undefined) {
    throw new AppError('BLOB_UNKNOWN', `Blob "${digest}" is not in this repository`, { detail: { digest } });
  }
  if (await usedByAliveManifest(tx, repositoryId, blob.id)) {
    const message = `Blob "${digest}" is used by a manifest of this repository; delete the manifest instead`;
    throw new AppError('BLOB_IN_USE', message, { detail: { digest } });
  }
  await dropLease(tx, repositoryId, blob.id);
}
