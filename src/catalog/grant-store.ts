import type { IdentityTables } from '../identity/index.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { CatalogTables, RepositoryRole } from './tables.ts';

/** Whom a role is granted to. */
export type Grantee = { readonly kind: 'user'; readonly id: number } | { readonly kind: 'team'; readonly id: number };

export interface UserGrantRow {
  readonly user_id: number;
  readonly name: string;
  readonly role: RepositoryRole;
  /** null: no robot. */
  readonly owner_id: number | null;
}

export interface TeamGrantRow {
  readonly team_id: number;
  readonly name: string;
  readonly role: RepositoryRole;
}

/** By name, without accounts that are gone. */
export function listUserGrants(db: Database, repositoryId: number): Promise<readonly UserGrantRow[]> {
  return db
    .read<CatalogTables & IdentityTables>()
    .selectFrom('repository_permission as p')
    .innerJoin('user_account as u', 'u.namespace_id', 'p.user_id')
    .innerJoin('namespace as n', 'n.id', 'u.namespace_id')
    .select(['u.namespace_id as user_id', 'n.name', 'p.role', 'u.owner_id'])
    .where('p.repository_id', '=', repositoryId)
    .where('n.enabled', '=', 1)
    .orderBy('n.name')
    .execute();
}

export function listTeamGrants(db: Database, repositoryId: number): Promise<readonly TeamGrantRow[]> {
  return db
    .read<CatalogTables & IdentityTables>()
    .selectFrom('repository_permission as p')
    .innerJoin('team as t', 't.id', 'p.team_id')
    .select(['t.id as team_id', 't.name', 'p.role'])
    .where('p.repository_id', '=', repositoryId)
    .orderBy('t.name')
    .execute();
}

/** The roles that a user has on a repository through his teams. */
export async function listRolesByTeam(
  db: Database,
  repositoryId: number,
  userId: number,
): Promise<readonly RepositoryRole[]> {
  const rows = await db
    .read<CatalogTables & IdentityTables>()
    .selectFrom('repository_permission as p')
    .innerJoin('team_member as m', 'm.team_id', 'p.team_id')
    .select('p.role')
    .where('p.repository_id', '=', repositoryId)
    .where('m.user_id', '=', userId)
    .execute();
  return rows.map(({ role }) => role);
}

export interface RepositoryGrantRow {
  readonly user_id: number;
  readonly repository: string;
  readonly visibility: 'public' | 'private';
  readonly role: RepositoryRole;
}

/**
 * What some accounts are granted directly, by the name of the repository without its namespace.
 * @param namespaceId undefined: in all of them
 */
export async function listGrantsOf(
  db: Database,
  userIds: readonly number[],
  namespaceId?: number,
): Promise<readonly RepositoryGrantRow[]> {
  if (userIds.length === 0) return [];
  let query = db
    .read<CatalogTables>()
    .selectFrom('repository_permission as p')
    .innerJoin('repository as r', 'r.id', 'p.repository_id')
    .select(['p.user_id', 'r.name as repository', 'r.visibility', 'p.role'])
    .where('p.user_id', 'in', userIds)
    .where('r.deleted_at', 'is', null)
    .orderBy('r.name');
  if (namespaceId !== undefined) query = query.where('r.namespace_id', '=', namespaceId);
  const rows = await query.execute();
  return rows.flatMap(({ user_id: userId, ...row }) => (userId === null ? [] : [{ user_id: userId, ...row }]));
}

/** Grants a role in place of any other that was granted. */
export async function upsertGrant(
  tx: Transaction,
  repositoryId: number,
  grantee: Grantee,
  role: RepositoryRole,
): Promise<void> {
  const column = grantee.kind === 'user' ? 'user_id' : 'team_id';
  await tx
    .query<CatalogTables>()
    .insertInto('repository_permission')
    .values({ repository_id: repositoryId, user_id: null, team_id: null, [column]: grantee.id, role })
    .onConflict((conflict) => conflict.columns(['repository_id', column]).doUpdateSet({ role }))
    .execute();
}

/** @returns whether there was one. */
export async function deleteGrant(tx: Transaction, repositoryId: number, grantee: Grantee): Promise<boolean> {
  const result = await tx
    .query<CatalogTables>()
    .deleteFrom('repository_permission')
    .where('repository_id', '=', repositoryId)
    .where(grantee.kind === 'user' ? 'user_id' : 'team_id', '=', grantee.id)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Takes away what an account was granted directly, everywhere. */
export async function deleteGrantsOf(tx: Transaction, userId: number): Promise<void> {
  await tx.query<CatalogTables>().deleteFrom('repository_permission').where('user_id', '=', userId).execute();
}
