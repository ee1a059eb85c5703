import type { Digest } from '../kernel/digest.ts';
import { AppError } from '../kernel/errors.ts';
import type { Transaction } from '../platform/db/index.ts';
import { lockRepository } from './lock-repository.ts';
import { aliveManifests, markManifestDeleted } from './manifest-store.ts';
import { closeInterval } from './tag-interval.ts';
import { aliveIntervalsOf } from './tag-store.ts';

/**
 * Deletes a manifest and ends all its tags (distribution-spec "Deleting Manifests"). It answers as unknown from now on, and
 * stays restorable until garbage collection; pushing it again revives it.
 * Errors: MANIFEST_UNKNOWN when it is absent or deleted already, NAME_UNKNOWN when the repository is gone.
 */
export async function deleteManifest(tx: Transaction, repositoryId: number, digest: Digest): Promise<void> {
  await lockRepository(tx, repositoryId);
  const [manifest] = await aliveManifests(tx, repositoryId, [digest]);
  if (manifest === undefined) {
    throw new AppError('MANIFEST_UNKNOWN', `Manifest "${digest}" is not in this repository`, { detail: { digest } });
  }
  const now = await tx.now();
  for (const interval of await aliveIntervalsOf(tx, manifest.id)) await closeInterval(tx, interval, now);
  await markManifestDeleted(tx, manifest.id, now);
}
