import type { Digest } from '../kernel/digest.ts';
import { digestAlgorithm } from '../kernel/digest.ts';
import type { Tag } from '../kernel/reference.ts';
import { prepared } from '../platform/db/index.ts';
import type { Database } from '../platform/db/index.ts';
import type { ReferrerQuery } from './model.ts';
import type { StorageTables } from '../storage/index.ts';
import type { CatalogTables } from './tables.ts';

/* The reads of pulls. Those that run with every request are prepared once and take one round trip. */

export interface ManifestRow {
  readonly id: number;
  readonly digest: string;
  readonly digest_sha512: string | null;
  readonly media_type: string;
  readonly size_bytes: number;
  readonly bytes: Uint8Array;
}

export interface TaggedManifestRow extends ManifestRow {
  readonly tag_id: number;
  readonly expires_at: number | null;
}

const MANIFEST_COLUMNS = [
  'manifest.id',
  'manifest.digest',
  'manifest.digest_sha512',
  'manifest.media_type',
  'manifest.size_bytes',
  'manifest.bytes',
] as const;

const byTag = prepared<CatalogTables, [repositoryId: number, name: string], TaggedManifestRow>((query, value) =>
  query
    .selectFrom('tag')
    .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
    .select([...MANIFEST_COLUMNS, 'tag.id as tag_id', 'tag.expires_at'])
    .where('tag.repository_id', '=', value(0))
    .where('tag.name', '=', value(1))
    .where('tag.end_at', 'is', null)
    .where('manifest.deleted_at', 'is', null),
);

export async function manifestByTag(
  db: Database,
  repositoryId: number,
  tag: Tag,
): Promise<TaggedManifestRow | undefined> {
  return byTag.first(db, repositoryId, tag);
}

const byDigestIn = (column: 'manifest.digest' | 'manifest.digest_sha512') =>
  prepared<CatalogTables, [repositoryId: number, digest: string], ManifestRow>((query, value) =>
    query
      .selectFrom('manifest')
      .select(MANIFEST_COLUMNS)
      .where('manifest.repository_id', '=', value(0))
      .where(column, '=', value(1))
      .where('manifest.deleted_at', 'is', null),
  );

const MANIFEST_BY = { sha256: byDigestIn('manifest.digest'), sha512: byDigestIn('manifest.digest_sha512') };

export async function manifestByDigest(
  db: Database,
  repositoryId: number,
  digest: Digest,
): Promise<ManifestRow | undefined> {
  return MANIFEST_BY[digestAlgorithm(digest)].first(db, repositoryId, digest);
}

export interface BlobRow {
  readonly id: number;
  readonly sha256: string;
  readonly size_bytes: number;
  /** The id of an alive manifest of the repository that uses it. */
  readonly used_by: number | null;
  readonly lease_expires_at: number | null;
}

const blobIn = (column: 'blob.sha256' | 'blob.sha512') =>
  prepared<CatalogTables & StorageTables, [repositoryId: number, digest: string], BlobRow>((query, value) =>
    query
      .selectFrom('blob')
      .select((eb) => [
        'blob.id',
        'blob.sha256',
        'blob.size_bytes',
        eb
          .selectFrom('manifest_blob')
          .innerJoin('manifest', 'manifest.id', 'manifest_blob.manifest_id')
          .select('manifest.id')
          .whereRef('manifest_blob.blob_id', '=', 'blob.id')
          .where('manifest_blob.repository_id', '=', value(0))
          .where('manifest.deleted_at', 'is', null)
          .limit(1)
          .as('used_by'),
        eb
          .selectFrom('lease')
          .select('lease.expires_at')
          .whereRef('lease.blob_id', '=', 'blob.id')
          .where('lease.repository_id', '=', value(0))
          .as('lease_expires_at'),
      ])
      .where(column, '=', value(1)),
  );

const BLOB_BY = { sha256: blobIn('blob.sha256'), sha512: blobIn('blob.sha512') };

export async function blobOfRepository(
  db: Database,
  repositoryId: number,
  digest: Digest,
): Promise<BlobRow | undefined> {
  return BLOB_BY[digestAlgorithm(digest)].first(db, repositoryId, digest);
}

/** Every digest that the manifest of this digest has, deleted or not. */
export async function digestsOfManifest(db: Database, repositoryId: number, digest: Digest): Promise<Digest[]> {
  const column = digestAlgorithm(digest) === 'sha256' ? 'digest' : 'digest_sha512';
  const row = await db
    .read<CatalogTables>()
    .selectFrom('manifest')
    .select(['digest', 'digest_sha512'])
    .where('repository_id', '=', repositoryId)
    .where(column, '=', digest)
    .executeTakeFirst();
  if (row === undefined) return [];
  return [row.digest, row.digest_sha512].filter((known) => known !== null) as Digest[];
}

export interface ReferrerRow {
  readonly digest: string;
  readonly digest_sha512: string | null;
  readonly media_type: string;
  readonly size_bytes: number;
  readonly artifact_type: string | null;
  readonly annotations: string | null;
}

export async function referrersOf(
  db: Database,
  repositoryId: number,
  subjects: readonly Digest[],
  query: ReferrerQuery,
): Promise<ReferrerRow[]> {
  let select = db
    .read<CatalogTables>()
    .selectFrom('manifest')
    .select(['digest', 'digest_sha512', 'media_type', 'size_bytes', 'artifact_type', 'annotations'])
    .where('repository_id', '=', repositoryId)
    .where('subject_digest', 'in', subjects)
    .where('deleted_at', 'is', null)
    .orderBy('digest')
    .limit(query.limit);
  if (query.after !== undefined) select = select.where('digest', '>', query.after);
  if (query.artifactType !== undefined) select = select.where('artifact_type', '=', query.artifactType);
  return select.execute();
}
