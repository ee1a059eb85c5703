import type { Kysely } from 'kysely';
import type { Digest } from '../kernel/digest.ts';
import { digestAlgorithm } from '../kernel/digest.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { StoredBlob } from './ports.ts';
import type { StorageTables } from './tables.ts';

export interface BlobRow {
  readonly id: number;
  readonly sha256: Digest;
  readonly sizeBytes: number;
}

/** A repository's right to count on a blob that no manifest of it names yet. */
export interface LeaseRequest {
  readonly repositoryId: number;
  readonly blobId: number;
  /** How long it holds from now on, in milliseconds. */
  readonly forMs: number;
}

/**
 * Sees to it that a finished upload has its row; returns the row's id. The same content has one row, however often and under
 * whatever digests it was pushed. The row is locked until the transaction ends, so a lease granted in it holds.
 */
export async function recordBlob(tx: Transaction, stored: StoredBlob): Promise<number> {
  const row = await tx
    .query<StorageTables>()
    .insertInto('blob')
    .values({
      sha256: stored.sha256,
      sha512: stored.sha512 ?? null,
      size_bytes: stored.sizeBytes,
      created_at: await tx.now(),
    })
    .onConflict((conflict) =>
      conflict.column('sha256').doUpdateSet((eb) => ({ sha512: eb.fn.coalesce('blob.sha512', 'excluded.sha512') })),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** The blob of this digest, be it sha256 or sha512, whatever repository it is in. */
export async function findBlobByDigest(source: Database | Transaction, digest: Digest): Promise<BlobRow | undefined> {
  const row = await queryOf(source)
    .selectFrom('blob')
    .select(['id', 'sha256', 'size_bytes as sizeBytes'])
    .where(digestAlgorithm(digest), '=', digest)
    .executeTakeFirst();
  return row === undefined ? undefined : { ...row, sha256: row.sha256 as Digest };
}

/** Lets the repository count on the blob. A lease that runs longer stays as it is. The blob's row must be there. */
export async function grantLease(tx: Transaction, request: LeaseRequest): Promise<void> {
  await tx
    .query<StorageTables>()
    .insertInto('lease')
    .values({
      repository_id: request.repositoryId,
      blob_id: request.blobId,
      expires_at: (await tx.now()) + request.forMs,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['repository_id', 'blob_id'])
        .doUpdateSet((eb) => ({ expires_at: eb.ref('excluded.expires_at') }))
        .whereRef('lease.expires_at', '<', 'excluded.expires_at'),
    )
    .execute();
}

/**
 * Promises a pusher who asked for the blob that it stays: clients skip the upload after such an answer. False when the blob
 * is gone; the pusher must be told so. Writes nothing when more than half of the time is left.
 */
export async function renewLease(db: Database, request: LeaseRequest): Promise<boolean> {
  // A running lease keeps its blob: whoever collects blobs locks the row and looks for leases again before he removes it.
  if ((await leaseEnd(db, request)) > (await db.now()) + request.forMs / 2) return true;
  return db.transaction(async (tx) => {
    if (!(await lockBlob(tx, request.blobId))) return false;
    await grantLease(tx, request);
    return true;
  });
}

/** Whether the repository has a running lease on the blob. */
export async function leaseHolds(source: Database | Transaction, lease: Omit<LeaseRequest, 'forMs'>): Promise<boolean> {
  return (await leaseEnd(source, lease)) > (await source.now());
}

/** Keeps others from removing the row until the transaction ends; false when there is no such row (any more). */
async function lockBlob(tx: Transaction, blobId: number): Promise<boolean> {
  const row = tx.query<StorageTables>().selectFrom('blob').select('id').where('id', '=', blobId);
  // SQLite has one writer at a time and no row locks.
  const locked = tx.dialect === 'postgres' ? row.forKeyShare() : row;
  return (await locked.executeTakeFirst()) !== undefined;
}

/** When the lease ends, in milliseconds on the database's clock; 0 when there is none. */
async function leaseEnd(source: Database | Transaction, lease: Omit<LeaseRequest, 'forMs'>): Promise<number> {
  const row = await queryOf(source)
    .selectFrom('lease')
    .select('expires_at')
    .where('repository_id', '=', lease.repositoryId)
    .where('blob_id', '=', lease.blobId)
    .executeTakeFirst();
  return row?.expires_at ?? 0;
}

function queryOf(source: Database | Transaction): Kysely<StorageTables> {
  return 'query' in source ? source.query<StorageTables>() : source.read<StorageTables>();
}
