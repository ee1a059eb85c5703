import type { DigestAlgorithm } from '../kernel/digest.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { RegistryTables } from './tables.ts';

/** An upload in progress. */
export interface Upload {
  readonly id: string;
  /** What the storage knows the bytes by. */
  readonly storageId: string;
  /** What the row names as writer while this request writes; undefined where requests of one process are all there are. */
  readonly writer: string | undefined;
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
    .select(UPLOAD_COLUMNS)
    .where('id', '=', id)
    .where('repository_id', '=', repositoryId)
    .executeTakeFirst();
  return row === undefined || row.expires_at <= (await db.now()) ? undefined : toUpload(row, undefined);
}

const UPLOAD_COLUMNS = [
  'id',
  'repository_id',
  'size_bytes',
  'digest_algorithm',
  'expires_at',
  'writer',
  'storage_id',
] as const;

type UploadRow = Pick<RegistryTables['upload'], (typeof UPLOAD_COLUMNS)[number]>;

function toUpload(row: UploadRow, writer: string | undefined): Upload {
  return {
    id: row.id,
    storageId: row.storage_id ?? row.id,
    writer,
    repositoryId: row.repository_id ?? undefined,
    sizeBytes: row.size_bytes,
    algorithm: row.digest_algorithm,
  };
}

/**
 * Makes `writer` the one who writes to the upload, when it belongs to the repository and has not expired. `isContested`:
 * somebody else was, who may be dead or may not know yet.
 */
export async function takeUpload(
  tx: Transaction,
  repositoryId: number,
  id: string,
  writer: string,
): Promise<{ readonly upload: Upload; readonly isContested: boolean } | undefined> {
  const uploads = tx.query<RegistryTables>();
  const found = uploads
    .selectFrom('upload')
    .select(UPLOAD_COLUMNS)
    .where('id', '=', id)
    .where('repository_id', '=', repositoryId);
  const row = await (tx.dialect === 'postgres' ? found.forUpdate() : found).executeTakeFirst();
  if (row === undefined || row.expires_at <= (await tx.now())) return undefined;
  await uploads.updateTable('upload').set({ writer }).where('id', '=', id).execute();
  return { upload: toUpload(row, writer), isContested: row.writer !== null };
}

/** Gives the upload other bytes in the storage; false when somebody else has taken it meanwhile. */
export async function moveUpload(tx: Transaction, upload: Upload, storageId: string): Promise<boolean> {
  const { numUpdatedRows } = await heldUpload(tx, upload).set({ storage_id: storageId }).executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Lets go of an upload that has not grown. */
export async function leaveUpload(tx: Transaction, upload: Upload): Promise<void> {
  await heldUpload(tx, upload).set({ writer: null }).execute();
}

function heldUpload(tx: Transaction, { id, writer }: Upload) {
  return tx
    .query<RegistryTables>()
    .updateTable('upload')
    .where('id', '=', id)
    .where('writer', writer === undefined ? 'is' : '=', writer ?? null);
}

/**
 * Records that the upload has grown, renews its lifetime, and lets go of it. Returns false, with nothing changed, when it no
 * longer stands where the caller found it: another process has written to it, finished or cancelled it.
 */
export async function advanceUpload(
  tx: Transaction,
  upload: Upload,
  newSizeBytes: number,
  lifetimeMs: number,
): Promise<boolean> {
  const now = await tx.now();
  const { numUpdatedRows } = await heldUpload(tx, upload)
    .set({ size_bytes: newSizeBytes, expires_at: now + lifetimeMs, writer: null })
    .where('size_bytes', '=', upload.sizeBytes)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Returns what the storage knew its bytes by; undefined when there was no such upload. */
export async function deleteUpload(tx: Transaction, id: string): Promise<string | undefined> {
  const row = await tx
    .query<RegistryTables>()
    .deleteFrom('upload')
    .where('id', '=', id)
    .returning(['id', 'storage_id'])
    .executeTakeFirst();
  return row === undefined ? undefined : (row.storage_id ?? row.id);
}

/** Deletes the upload if its lifetime is over; returns what the storage knew its bytes by, undefined when it is not. */
export async function deleteExpiredUpload(tx: Transaction, id: string): Promise<string | undefined> {
  const row = await tx
    .query<RegistryTables>()
    .deleteFrom('upload')
    .where('id', '=', id)
    .where('expires_at', '<=', await tx.now())
    .returning(['id', 'storage_id'])
    .executeTakeFirst();
  return row === undefined ? undefined : (row.storage_id ?? row.id);
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

/** Which of these ids, as the storage knows uploads, some row speaks of. A writer's id is that of the copy he may be making. */
export async function knownUploads(db: Database, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .read<RegistryTables>()
    .selectFrom('upload')
    .select(['id', 'storage_id', 'writer'])
    .where((e) => e.or([e('id', 'in', [...ids]), e('storage_id', 'in', [...ids]), e('writer', 'in', [...ids])]))
    .execute();
  return new Set(rows.flatMap((row) => [row.id, row.storage_id ?? row.id, row.writer ?? row.id]));
}
