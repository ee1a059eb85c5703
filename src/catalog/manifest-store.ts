import type { Digest } from '../kernel/digest.ts';
import type { Transaction } from '../platform/db/index.ts';
import type { StorageTables } from '../storage/index.ts';
import type { ManifestRecord } from './model.ts';
import type { CatalogTables } from './tables.ts';

type Tables = CatalogTables & StorageTables;

/** Values per statement: far below what either database accepts as parameters. */
const BATCH = 500;

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += BATCH) yield items.slice(start, start + BATCH);
}

/** A row that answers to one or two digests. */
export interface Addressed {
  readonly id: number;
  readonly digest: string;
  readonly digestSha512: string | null;
}

/**
 * Those of the blobs that the repository may read: used by one of its alive manifests, or under a lease that lives at `now`.
 * PostgreSQL: shares a lock on each in id order, so that none can be removed before the transaction ends.
 */
export async function readableBlobs(
  tx: Transaction,
  repositoryId: number,
  digests: readonly Digest[],
  now: number,
): Promise<Addressed[]> {
  const found: Addressed[] = [];
  for (const batch of batches(digests)) {
    const query = tx
      .query<Tables>()
      .selectFrom('blob')
      .select(['blob.id', 'blob.sha256 as digest', 'blob.sha512 as digestSha512'])
      .where((eb) => eb.or([eb('blob.sha256', 'in', batch), eb('blob.sha512', 'in', batch)]))
      .where((eb) =>
        eb.or([
          eb.exists(
            eb
              .selectFrom('lease')
              .select('lease.blob_id')
              .whereRef('lease.blob_id', '=', 'blob.id')
              .where('lease.repository_id', '=', repositoryId)
              .where('lease.expires_at', '>', now),
          ),
          eb.exists(
            eb
              .selectFrom('manifest_blob')
              .innerJoin('manifest', 'manifest.id', 'manifest_blob.manifest_id')
              .select('manifest.id')
              .whereRef('manifest_blob.blob_id', '=', 'blob.id')
              .where('manifest_blob.repository_id', '=', repositoryId)
              .where('manifest.deleted_at', 'is', null),
          ),
        ]),
      )
      .orderBy('blob.id');
    found.push(...(await query.$if(tx.dialect === 'postgres', (locked) => locked.forKeyShare('blob')).execute()));
  }
  return found;
}

/** Those of the manifests that are alive in the repository. */
export async function aliveManifests(
  tx: Transaction,
  repositoryId: number,
  digests: readonly Digest[],
): Promise<Addressed[]> {
  const found: Addressed[] = [];
  for (const batch of batches(digests)) {
    const query = tx
      .query<Tables>()
      .selectFrom('manifest')
      .select(['id', 'digest', 'digest_sha512 as digestSha512'])
      .where('repository_id', '=', repositoryId)
      .where('deleted_at', 'is', null)
      .where((eb) => eb.or([eb('digest', 'in', batch), eb('digest_sha512', 'in', batch)]));
    found.push(...(await query.execute()));
  }
  return found;
}

/**
 * Inserts the manifest, or revives and refreshes the one of this digest: what was pushed last describes the bytes.
 * `keptUntil` only ever moves forward.
 */
export async function upsertManifest(
  tx: Transaction,
  repositoryId: number,
  record: ManifestRecord,
  times: { readonly now: number; readonly keptUntil: number },
): Promise<number> {
  const described = {
    media_type: record.mediaType,
    config_media_type: record.configMediaType ?? null,
    artifact_type: record.artifactType ?? null,
    subject_digest: record.subject ?? null,
    annotations: record.annotations === undefined ? null : JSON.stringify(record.annotations),
    deleted_at: null,
    layers_size_bytes: record.layersSizeBytes ?? null,
  };
  const row = await tx
    .query<Tables>()
    .insertInto('manifest')
    .values({
      ...described,
      repository_id: repositoryId,
      digest: record.digest,
      digest_sha512: record.digestSha512 ?? null,
      bytes: record.bytes,
      size_bytes: record.bytes.byteLength,
      created_at: times.now,
      kept_until: times.keptUntil,
    })
    .onConflict((conflict) =>
      conflict.columns(['repository_id', 'digest']).doUpdateSet((eb) => ({
        ...described,
        digest_sha512: eb.fn.coalesce('manifest.digest_sha512', 'excluded.digest_sha512'),
        kept_until: eb
          .case()
          .when('manifest.kept_until', '>', eb.ref('excluded.kept_until'))
          .then(eb.ref('manifest.kept_until'))
          .else(eb.ref('excluded.kept_until'))
          .end(),
      })),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Records what the manifest uses; what is recorded already stays. Ids in ascending order, as all lock them. */
export async function linkBlobs(
  tx: Transaction,
  owner: { readonly manifestId: number; readonly repositoryId: number; readonly namespaceId: number },
  blobIds: readonly number[],
): Promise<void> {
  for (const batch of batches(blobIds)) {
    await tx
      .query<Tables>()
      .insertInto('manifest_blob')
      .values(
        batch.map((blob) => ({ manifest_id: owner.manifestId, blob_id: blob, repository_id: owner.repositoryId })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await tx
      .query<Tables>()
      .insertInto('namespace_blob')
      .values(batch.map((blob) => ({ namespace_id: owner.namespaceId, blob_id: blob })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

export async function linkChildren(tx: Transaction, manifestId: number, childIds: readonly number[]): Promise<void> {
  for (const batch of batches(childIds)) {
    await tx
      .query<Tables>()
      .insertInto('manifest_child')
      .values(batch.map((child) => ({ parent_id: manifestId, child_id: child })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

export async function markManifestDeleted(tx: Transaction, manifestId: number, now: number): Promise<void> {
  await tx
    .query<Tables>()
    .updateTable('manifest')
    .set({ deleted_at: now })
    .where('id', '=', manifestId)
    .where('deleted_at', 'is', null)
    .execute();
}

export async function usedByAliveManifest(tx: Transaction, repositoryId: number, blobId: number): Promise<boolean> {
  const row = await tx
    .query<Tables>()
    .selectFrom('manifest_blob')
    .innerJoin('manifest', 'manifest.id', 'manifest_blob.manifest_id')
    .select('manifest.id')
    .where('manifest_blob.repository_id', '=', repositoryId)
    .where('manifest_blob.blob_id', '=', blobId)
    .where('manifest.deleted_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function dropLease(tx: Transaction, repositoryId: number, blobId: number): Promise<void> {
  await tx
    .query<Tables>()
    .deleteFrom('lease')
    .where('repository_id', '=', repositoryId)
    .where('blob_id', '=', blobId)
    .execute();
}
