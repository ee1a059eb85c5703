import type { IdentityTables } from '../identity/index.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { CatalogTables } from './tables.ts';

/** What is granted to a user directly. */
export interface MemberGrantRow {
  /** Without the namespace. */
  readonly repository: string;
  readonly user_id: number;
  readonly name: string;
}

/** Direct grants to users on alive repositories of a namespace, after one of them, by repository and then by user. */
export function pageOfMemberGrants(
  db: Database,
  namespaceId: number,
  after: Pick<MemberGrantRow, 'repository' | 'user_id'>,
  limit: number,
): Promise<readonly MemberGrantRow[]> {
  return (
    db
      .read<CatalogTables & IdentityTables>()
      .selectFrom('repository as r')
      .innerJoin('repository_permission as p', 'p.repository_id', 'r.id')
      .innerJoin('user_account as u', 'u.namespace_id', 'p.user_id')
      .innerJoin('namespace as n', 'n.id', 'u.namespace_id')
      .select(['r.name as repository', 'u.namespace_id as user_id', 'n.name'])
      .where('r.namespace_id', '=', namespaceId)
      .where('r.deleted_at', 'is', null)
      .where('u.owner_id', 'is', null)
      // Names of deleted accounts, whose rows stay for a while.
      .where('n.name', 'not like', '!%')
      // The first bound is what the index begins with.
      .where('r.name', '>=', after.repository)
      .where((row) => row.or([row('r.name', '>', after.repository), row('p.user_id', '>', after.user_id)]))
      .orderBy('r.name')
      .orderBy('u.namespace_id')
      .limit(limit)
      .execute()
  );
}

/** Takes away what is granted to a user on the repositories of a namespace. @returns the names of those alive */
export async function deleteGrantsOfUser(
  tx: Transaction,
  namespaceId: number,
  userId: number,
): Promise<readonly { readonly id: number; readonly name: string }[]> {
  const query = tx.query<CatalogTables>();
  const granted = await query
    .selectFrom('repository_permission as p')
    .innerJoin('repository as r', 'r.id', 'p.repository_id')
    .select(['r.id', 'r.name'])
    .where('p.user_id', '=', userId)
    .where('r.namespace_id', '=', namespaceId)
    .where('r.deleted_at', 'is', null)
    .orderBy('r.name')
    .execute();
  await query
    .deleteFrom('repository_permission')
    .where('user_id', '=', userId)
    .where('repository_id', 'in', query.selectFrom('repository').select('id').where('namespace_id', '=', namespaceId))
    .execute();
  return granted;
}
