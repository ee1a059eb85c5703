import { sql } from 'kysely';
import type { Transaction } from '../platform/db/index.ts';
import type { IdentityTables, OAuthTables } from './tables.ts';

/**
 * PostgreSQL: keeps a namespace from being deleted or renamed until the transaction ends; does not hold up anybody else.
 * @param name what it has to be called still; undefined: whatever
 * @returns false when it is gone, disabled, or called otherwise
 */
export async function shareNamespace(tx: Transaction, namespaceId: number, name?: string): Promise<boolean> {
  const row = await tx
    .query<IdentityTables>()
    .selectFrom('namespace')
    .select('id')
    .where('id', '=', namespaceId)
    .where('enabled', '=', 1)
    .$if(name !== undefined, (query) => query.where('name', '=', name ?? ''))
    .$if(tx.dialect === 'postgres', (query) => query.forKeyShare())
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * PostgreSQL: waits for whoever creates something in the namespace, and holds up who wants to.
 * @returns false when it is gone or was deleted before
 */
export async function lockNamespace(tx: Transaction, namespaceId: number): Promise<boolean> {
  const query = tx.query<IdentityTables>();
  const row = await query
    .selectFrom('namespace')
    .select('id')
    .where('id', '=', namespaceId)
    .$if(tx.dialect === 'postgres', (select) => select.forUpdate())
    .executeTakeFirst();
  if (row === undefined) return false;
  const deleted = await query
    .selectFrom('deleted_namespace')
    .select('namespace_id')
    .where('namespace_id', '=', namespaceId)
    .executeTakeFirst();
  return deleted === undefined;
}

/** Keeps the names and addresses of a namespace and its robots in `deleted_namespace`, and takes them away from their rows. */
export async function markNamespaceDeleted(tx: Transaction, namespaceId: number, now: number): Promise<void> {
  const query = tx.query<IdentityTables>();
  await query
    .insertInto('deleted_namespace')
    .columns(['namespace_id', 'name', 'email', 'deleted_at'])
    .expression((from) =>
      from
        .selectFrom('namespace as n')
        .leftJoin('user_account as u', 'u.namespace_id', 'n.id')
        .leftJoin('robot as r', 'r.user_id', 'n.id')
        .select(['n.id', 'n.name', 'u.email', sql<number>`CAST(${now} AS BIGINT)`.as('deleted_at')])
        // A robot that was deleted before has no row in `robot` any more.
        .where((row) =>
          row.or([
            row('n.id', '=', namespaceId),
            row.and([row('u.owner_id', '=', namespaceId), row('r.user_id', 'is not', null)]),
          ]),
        ),
    )
    .execute();
  const gone = query
    .selectFrom('deleted_namespace as d')
    .leftJoin('user_account as u', 'u.namespace_id', 'd.namespace_id')
    .select('d.namespace_id')
    .where((row) => row.or([row('d.namespace_id', '=', namespaceId), row('u.owner_id', '=', namespaceId)]));
  await query
    .updateTable('user_account')
    .set((row) => ({ email: null, password_version: row('password_version', '+', 1) }))
    .where('namespace_id', 'in', gone)
    .execute();
  await query
    .updateTable('namespace')
    // No name that anybody may choose begins with this sign.
    .set({ name: sql`'!deleted-' || id`, enabled: 0 })
    .where('id', 'in', gone)
    .execute();
}

/** Takes a user out of the organizations of others: their lists and limits are no place for who is gone. */
export async function deleteMembershipsOf(tx: Transaction, userId: number): Promise<void> {
  const query = tx.query<IdentityTables>();
  await query.deleteFrom('team_member').where('user_id', '=', userId).execute();
  await query.deleteFrom('team_invite').where('user_id', '=', userId).execute();
  await query
    .deleteFrom('default_permission')
    .where((row) => row.or([row('delegate_user_id', '=', userId), row('activating_user_id', '=', userId)]))
    .execute();
}

/** The tokens that were given to them go with them: nobody could find them any more, to take them back. */
export async function deleteApplicationsOf(tx: Transaction, organizationId: number): Promise<void> {
  await tx.query<OAuthTables>().deleteFrom('oauth_application').where('organization_id', '=', organizationId).execute();
}
