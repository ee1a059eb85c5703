import type { Digest } from '../kernel/digest.ts';
import { AppError } from '../kernel/errors.ts';
import type { Tag } from '../kernel/reference.ts';
import type { Database } from '../platform/db/index.ts';
import type { StoredManifest } from './model.ts';
import { manifestByDigest, manifestByTag } from './read-store.ts';
import type { ManifestRow } from './read-store.ts';
import { closeExpiredTag } from './tag-store.ts';

/** The manifest a tag names now. A tag found expired is closed on the way. */
export async function findManifestByTag(
  db: Database,
  repositoryId: number,
  tag: Tag,
): Promise<StoredManifest | undefined> {
  const row = await manifestByTag(db, repositoryId, tag);
  if (row === undefined) return undefined;
  // Few tags expire; only those pay for asking the time.
  if (row.expires_at !== null) {
    const now = await db.now();
    if (row.expires_at <= now) {
      await db.transaction((tx) => closeExpiredTag(tx, row.tag_id, now)).catch(leaveToOthers);
      return undefined;
    }
  }
  return toManifest(row);
}

/** A tag that cannot be closed at the moment is expired all the same. */
function leaveToOthers(error: unknown): void {
  const isPassing = error instanceof AppError && ['DATABASE_READ_ONLY', 'DATABASE_UNAVAILABLE'].includes(error.code);
  if (!isPassing) throw error;
}

/** The alive manifest of this digest, by either algorithm it was pushed under. */
export async function findManifestByDigest(
  db: Database,
  repositoryId: number,
  digest: Digest,
): Promise<StoredManifest | undefined> {
  const row = await manifestByDigest(db, repositoryId, digest);
  return row === undefined ? undefined : toManifest(row);
}

function toManifest(row: ManifestRow): StoredManifest {
  return {
    id: row.id,
    digest: row.digest as Digest,
    digestSha512: (row.digest_sha512 ?? undefined) as Digest | undefined,
    mediaType: row.media_type,
    sizeBytes: row.size_bytes,
    bytes: row.bytes,
  };
}
