import { randomUUID } from 'node:crypto';
import type { IdentityTables } from '../identity/index.ts';
import { type Database, prepared, type Transaction } from '../platform/db/index.ts';
import type { Grantee } from './grant-store.ts';
import type { Repository } from './model.ts';
import type { CatalogTables, RepositoryRole, Visibility } from './tables.ts';

export interface NewRepository {
  readonly namespaceId: number;
  /** Without the namespace. */
  readonly name: string;
  readonly visibility: Visibility;
  readonly description?: string | undefined;
}

/** PostgreSQL: locks the row against every other writer of the repository. SQLite has one writer anyway. */
export async function lockAliveRepository(
  tx: Transaction,
  repositoryId: number,
): Promise<{ readonly namespaceId: number } | undefined> {
  return tx
    .query<CatalogTables>()
    .selectFrom('repository')
    .select('namespace_id as namespaceId')
    .where('id', '=', repositoryId)
    .where('deleted_at', 'is', null)
    .$if(tx.dialect === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst();
}

/** undefined: an alive repository has the name. Waits for a parallel insert of the same name. */
export async function insertRepository(
  tx: Transaction,
  repository: NewRepository,
  now: number,
): Promise<Repository | undefined> {
  return tx
    .query<CatalogTables>()
    .insertInto('repository')
    .values({
      namespace_id: repository.namespaceId,
      name: repository.name,
      visibility: repository.visibility,
      description: repository.description ?? null,
      created_at: now,
      deleted_at: null,
      badge_token: randomUUID().replaceAll('-', ''),
    })
    .onConflict((conflict) => conflict.columns(['namespace_id', 'name']).where('deleted_at', 'is', null).doNothing())
    .returning(['id', 'namespace_id as namespaceId', 'visibility', 'state'])
    .executeTakeFirst();
}

export async function insertUserGrant(
  tx: Transaction,
  repositoryId: number,
  userId: number,
  role: RepositoryRole,
): Promise<void> {
  await tx
    .query<CatalogTables>()
    .insertInto('repository_permission')
    .values({ repository_id: repositoryId, user_id: userId, team_id: null, role })
    .execute();
}

/** Returns whether there is an alive one. */
export async function updateAliveRepository(
  tx: Transaction,
  repositoryId: number,
  change: { readonly description: string } | { readonly visibility: Visibility },
): Promise<boolean> {
  const result = await tx
    .query<CatalogTables>()
    .updateTable('repository')
    .set(change)
    .where('id', '=', repositoryId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export interface RepositoryDetailsRow {
  readonly description: string | null;
  readonly badge_token: string | null;
  /** Of its namespace. */
  readonly tag_expiration_s: number | null;
}

const details = prepared<CatalogTables & IdentityTables, [number], RepositoryDetailsRow>((query, value) =>
  query
    .selectFrom('repository as r')
    .innerJoin('namespace as n', 'n.id', 'r.namespace_id')
    .select(['r.description', 'r.badge_token', 'n.tag_expiration_s'])
    .where('r.id', '=', value(0))
    .where('r.deleted_at', 'is', null),
);

/** undefined: it has been deleted. */
export function readRepositoryDetails(db: Database, repositoryId: number): Promise<RepositoryDetailsRow | undefined> {
  return details.first(db, repositoryId);
}

/** Grants on a new repository, one at most for each user or team. */
export async function insertGrants(
  tx: Transaction,
  repositoryId: number,
  grants: readonly { readonly grantee: Grantee; readonly role: RepositoryRole }[],
): Promise<void> {
  const rows = grants.map(({ grantee: { kind, id }, role }) => ({
    repository_id: repositoryId,
    user_id: kind === 'user' ? id : null,
    team_id: kind === 'team' ? id : null,
    role,
  }));
  await tx.query<CatalogTables>().insertInto('repository_permission').values(rows).execute();
}

/** Returns whether there was an alive one. */
export async function markRepositoryDeleted(tx: Transaction, repositoryId: number, now: number): Promise<boolean> {
  const result = await tx
    .query<CatalogTables>()
    .updateTable('repository')
    .set({ deleted_at: now })
    .where('id', '=', repositoryId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** @returns how many were alive */
export async function markRepositoriesDeleted(tx: Transaction, namespaceId: number, now: number): Promise<number> {
  const result = await tx
    .query<CatalogTables>()
    .updateTable('repository')
    .set({ deleted_at: now })
    .where('namespace_id', '=', namespaceId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** How many repositories are alive. Reads the whole table, beside the short reads. */
export async function countRepositories(db: Database): Promise<number> {
  const row = await db
    .report<CatalogTables>()
    .selectFrom('repository')
    .select((e) => e.fn.countAll<number>().as('rows'))
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  return row.rows;
}
