import type { Tag } from '../kernel/reference.ts';
import type { StorageTables } from '../storage/index.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { NamePage } from './model.ts';
import type { CatalogTables } from './tables.ts';

/** One interval in which a tag named a manifest: `[startAt, endAt)`; alive while `endAt` is null. */
export interface TagInterval {
  readonly id: number;
  readonly manifestId: number;
  readonly startAt: number;
  readonly endAt: number | null;
  readonly expiresAt: number | null;
}

/** The interval of this name that began last; the only one that may be alive. */
export async function lastInterval(tx: Transaction, repositoryId: number, name: Tag): Promise<TagInterval | undefined> {
  return tx
    .query<CatalogTables>()
    .selectFrom('tag')
    .select(['id', 'manifest_id as manifestId', 'start_at as startAt', 'end_at as endAt', 'expires_at as expiresAt'])
    .where('repository_id', '=', repositoryId)
    .where('name', '=', name)
    .orderBy('start_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export async function aliveIntervalsOf(tx: Transaction, manifestId: number): Promise<TagInterval[]> {
  return tx
    .query<CatalogTables>()
    .selectFrom('tag')
    .select(['id', 'manifest_id as manifestId', 'start_at as startAt', 'end_at as endAt', 'expires_at as expiresAt'])
    .where('manifest_id', '=', manifestId)
    .where('end_at', 'is', null)
    .orderBy('id')
    .execute();
}

export async function endInterval(tx: Transaction, id: number, endAt: number): Promise<void> {
  await tx.query<CatalogTables>().updateTable('tag').set({ end_at: endAt }).where('id', '=', id).execute();
}

export async function beginInterval(
  tx: Transaction,
  row: { readonly repositoryId: number; readonly name: Tag; readonly manifestId: number; readonly startAt: number },
): Promise<void> {
  await tx
    .query<CatalogTables>()
    .insertInto('tag')
    .values({
      repository_id: row.repositoryId,
      name: row.name,
      manifest_id: row.manifestId,
      start_at: row.startAt,
      end_at: null,
      expires_at: null,
    })
    .execute();
}

/** The tags alive at `now`, by the index of alive tags: a page costs the same at any depth. */
export function tagNamesQuery(db: Database, repositoryId: number, page: NamePage, now: number) {
  let query = db
    .read<CatalogTables>()
    .selectFrom('tag')
    .select('name')
    .where('repository_id', '=', repositoryId)
    .where('end_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .orderBy('name')
    .limit(page.limit);
  if (page.after !== undefined) query = query.where('name', '>', page.after);
  return query;
}

export interface TagOverviewRow {
  readonly name: string;
  readonly start_at: number;
  readonly expires_at: number | null;
  readonly digest: string;
  readonly media_type: string;
  readonly layers_size_bytes: number | null;
}

/** The tags alive at `now` that were set last, newest first. */
export function newestTagsQuery(db: Database, repositoryId: number, limit: number, now: number) {
  return db
    .report<CatalogTables & StorageTables>()
    .selectFrom('tag as t')
    .innerJoin('manifest as m', 'm.id', 't.manifest_id')
    .select((eb) => [
      't.name',
      't.start_at',
      't.expires_at',
      'm.digest',
      'm.media_type',
      // What an earlier version has written is summed up here, with the config, which weighs next to nothing.
      eb.fn
        .coalesce(
          'm.layers_size_bytes',
          eb
            .selectFrom('manifest_blob as l')
            .innerJoin('blob as b', 'b.id', 'l.blob_id')
            .select((sum) => sum.fn.sum<number>('b.size_bytes').as('bytes'))
            .whereRef('l.manifest_id', '=', 'm.id'),
        )
        .as('layers_size_bytes'),
    ])
    .where('t.repository_id', '=', repositoryId)
    .where('t.end_at', 'is', null)
    .where((eb) => eb.or([eb('t.expires_at', 'is', null), eb('t.expires_at', '>', now)]))
    .orderBy('t.start_at', 'desc')
    .limit(limit);
}

/** Ends a tag that has expired at `now`, unless somebody ended it before. */
export async function closeExpiredTag(tx: Transaction, id: number, now: number): Promise<void> {
  await tx
    .query<CatalogTables>()
    .updateTable('tag')
    .set((eb) => ({
      end_at: eb
        .case()
        .when('expires_at', '>', eb.ref('start_at'))
        .then(eb.ref('expires_at'))
        .else(eb('start_at', '+', 1))
        .end(),
    }))
    .where('id', '=', id)
    .where('end_at', 'is', null)
    .where('expires_at', '<=', now)
    .execute();
}
