import type { DigestAlgorithm } from '../kernel/digest.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { RegistryTables } from './tables.ts';

/** An upload in progress. */
export interface Upload {
  readonly id: string;
  /** undefined: of a push in one request, which nobody else can address. */
  readonly repositoryId: number | undefined;
  /** Bytes that are durable and acknowledged. */
  readonly sizeBytes: number;
  readonly algorithm: DigestAlgorithm;
}

export async function insertUpload(
  tx: Transaction,
  upload: Pick<Upload, 'id' | 'repositoryId' | 'algorithm'>,
  lifetimeMs: number,
): Promise<void> {
  const now = await tx.now();
  await tx
    .query<RegistryTables>()
    .insertInto('upload')
    .values({
      id: upload.id,
      repository_id: upload.repositoryId ?? null,
      size_bytes: 0,
      digest_algorithm: upload.algorithm,
      created_at: now,
      expires_at: now + lifetimeMs,
    })
    .execute();
}

/** The upload, when it belongs to the repository and has not expired. */
export async function findUpload(db: Database, repositoryId: number, id: string): Promise<Upload | undefined> {
  const row = await db
    .read<RegistryTables>()
    .selectFrom('upload')
    .select(['size_bytes', 'digest_algorithm', 'expires_at'])
    .where('id', '=', id)
    .where('repository_id', '=', repositoryId)
    .executeTakeFirst();
  if (row === undefined || row.expires_at <= (await db.now())) return undefined;
  return { id, repositoryId, sizeBytes: row.size_bytes, algorithm: row.digest_algorithm };
}

/**
 * Records that the upload has grown, and renews its lifetime. Returns false, with nothing changed, when it no longer stands
 * where the caller found it: another process has written to it, finished or cancelled it.
 */
export async function advanceUpload(
  tx: Transaction,
  upload: Pick<Upload, 'id' | 'sizeBytes'>,
  newSizeBytes: number,
  lifetimeMs: number,
): Promise<boolean> {
  const now = await tx.now();
  const { numUpdatedRows } = await tx
    .query<RegistryTables>()
    .updateTable('upload')
    .set({ size_bytes: newSizeBytes, expires_at: now + lifetimeMs })
    .where('id', '=', upload.id)
    .where('size_bytes', '=', upload.sizeBytes)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Returns whether there was such an upload. */
export async function deleteUpload(tx: Transaction, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .query<RegistryTables>()
    .deleteFrom('upload')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return numDeletedRows === 1n;
}

/** Deletes the upload if its lifetime is over; returns whether it was. */
export async function deleteExpiredUpload(tx: Transaction, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .query<RegistryTables>()
    .deleteFrom('upload')
    .where('id', '=', id)
    .where('expires_at', '<=', await tx.now())
    .executeTakeFirstOrThrow();
  return numDeletedRows === 1n;
}

/** Ids of uploads whose lifetime is over, the oldest first. */
export async function expiredUploads(db: Database, limit: number): Promise<string[]> {
  const rows = await db
    .read<RegistryTables>()
    .selectFrom('upload')
    .select('id')
    .where('expires_at', '<=', await db.now())
    .orderBy('expires_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}

/** Which of these uploads have a row. */
export async function knownUploads(db: Database, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .read<RegistryTables>()
    .selectFrom('upload')
    .select('id')
    .where('id', 'in', [...ids])
    .execute();
  return new Set(rows.map((row) => row.id));
}
