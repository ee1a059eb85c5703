import type { Digest } from '../kernel/digest.ts';
import type { Database } from '../platform/db/index.ts';
import type { HeldBlob } from './model.ts';
import { blobOfRepository } from './read-store.ts';

/**
 * The blob, when this repository may read it: an alive manifest of the repository uses it, or a lease of the repository on it
 * has not expired. Blobs that only other repositories hold are unknown here.
 */
export async function repositoryHoldsBlob(
  db: Database,
  repositoryId: number,
  digest: Digest,
): Promise<HeldBlob | undefined> {
  const row = await blobOfRepository(db, repositoryId, digest);
  if (row === undefined) return undefined;
  const held = row.used_by !== null || (row.lease_expires_at !== null && row.lease_expires_at > (await db.now()));
  return held ? { blobId: row.id, sha256: row.sha256 as Digest, sizeBytes: row.size_bytes } : undefined;
}
