import { sql } from 'kysely';
import type { Digest } from '../kernel/digest.ts';
import { digestAlgorithm } from '../kernel/digest.ts';
import type { Tag } from '../kernel/reference.ts';
import { prepared } from '../platform/db/index.ts';
import type { Database } from '../platform/db/index.ts';
import type { ReferrerQuery } from './model.ts';
import type { CatalogTables } from './tables.ts';

/* The reads of pulls. Those that run with every request are prepared once and take one round trip. */

export interface ManifestRow {
  readonly id: number;
  readonly digest: Digest;
  readonly digest_sha512: Digest | null;
  readonly media_type: string;
  readonly size_bytes: number;
  readonly bytes: Uint8Array;
}

export interface TaggedManifestRow extends ManifestRow {
  readonly tag_id: number;
  readonly expires_at: number | null;
}

const byTag = prepared<{ repositoryId: number; name: string }, TaggedManifestRow>(
  (param) => sql`
    SELECT m.id, m.digest, m.digest_sha512, m.media_type, m.size_bytes, m.bytes, t.id AS tag_id, t.expires_at
    FROM tag t JOIN manifest m ON m.id = t.manifest_id
    WHERE t.repository_id = ${param('repositoryId')} AND t.name = ${param('name')} AND t.end_at IS NULL
      AND m.deleted_at IS NULL`,
);

export async function manifestByTag(
  db: Database,
  repositoryId: number,
  tag: Tag,
): Promise<TaggedManifestRow | undefined> {
  const [row] = await byTag(db, { repositoryId, name: tag });
  return row;
}

type DigestKey = { repositoryId: number; digest: Digest };

const bySha256 = prepared<DigestKey, ManifestRow>(
  (param) => sql`
    SELECT id, digest, digest_sha512, media_type, size_bytes, bytes FROM manifest
    WHERE repository_id = ${param('repositoryId')} AND digest = ${param('digest')} AND deleted_at IS NULL`,
);

const bySha512 = prepared<DigestKey, ManifestRow>(
  (param) => sql`
    SELECT id, digest, digest_sha512, media_type, size_bytes, bytes FROM manifest
    WHERE repository_id = ${param('repositoryId')} AND digest_sha512 = ${param('digest')} AND deleted_at IS NULL`,
);

export async function manifestByDigest(
  db: Database,
  repositoryId: number,
  digest: Digest,
): Promise<ManifestRow | undefined> {
  const query = digestAlgorithm(digest) === 'sha256' ? bySha256 : bySha512;
  const [row] = await query(db, { repositoryId, digest });
  return row;
}

export interface BlobRow {
  readonly id: number;
  readonly sha256: Digest;
  readonly size_bytes: number;
  /** 1: an alive manifest of the repository uses it. */
  readonly used: number;
  readonly lease_expires_at: number | null;
}

const blobBy = (column: 'sha256' | 'sha512') =>
  prepared<DigestKey, BlobRow>(
    (param) => sql`
      SELECT b.id, b.sha256, b.size_bytes,
        CASE WHEN EXISTS (
          SELECT 1 FROM manifest_blob mb JOIN manifest m ON m.id = mb.manifest_id
          WHERE mb.repository_id = ${param('repositoryId')} AND mb.blob_id = b.id AND m.deleted_at IS NULL
        ) THEN 1 ELSE 0 END AS used,
        (SELECT l.expires_at FROM lease l
          WHERE l.repository_id = ${param('repositoryId')} AND l.blob_id = b.id) AS lease_expires_at
      FROM blob b WHERE ${sql.ref(`b.${column}`)} = ${param('digest')}`,
  );

const blobBySha256 = blobBy('sha256');
const blobBySha512 = blobBy('sha512');

export async function blobOfRepository(
  db: Database,
  repositoryId: number,
  digest: Digest,
): Promise<BlobRow | undefined> {
  const query = digestAlgorithm(digest) === 'sha256' ? blobBySha256 : blobBySha512;
  const [row] = await query(db, { repositoryId, digest });
  return row;
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
  return [row.digest, ...(row.digest_sha512 === null ? [] : [row.digest_sha512])] as Digest[];
}

export interface ReferrerRow {
  readonly digest: Digest;
  readonly digest_sha512: Digest | null;
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
  return (await select.execute()) as ReferrerRow[];
}
