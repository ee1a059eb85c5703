import type { Database, Transaction } from '../../platform/db/index.ts';
import type { IdentityTables } from '../tables.ts';

/** The organizations that a user is in, by name; one row for each role of his teams there. */
export function listOrganizationsOf(
  db: Database,
  userId: number,
): Promise<readonly { readonly name: string; readonly role: 'member' | 'creator' | 'admin' }[]> {
  return db
    .read<IdentityTables>()
    .selectFrom('team_member as m')
    .innerJoin('team as t', 't.id', 'm.team_id')
    .innerJoin('namespace as o', 'o.id', 't.organization_id')
    .select(['o.name', 't.role'])
    .distinct()
    .where('m.user_id', '=', userId)
    .where('o.enabled', '=', 1)
    .orderBy('o.name')
    .orderBy('t.role')
    .execute();
}

/** The organizations that a user is in, in the order in which they are to be locked. @param role undefined: any */
export async function listOrganizationIdsOf(
  tx: Transaction,
  userId: number,
  role?: 'admin',
): Promise<readonly { readonly id: number; readonly name: string }[]> {
  return tx
    .query<IdentityTables>()
    .selectFrom('team_member as m')
    .innerJoin('team as t', 't.id', 'm.team_id')
    .innerJoin('namespace as o', 'o.id', 't.organization_id')
    .select(['o.id', 'o.name'])
    .distinct()
    .where('m.user_id', '=', userId)
    .where('o.enabled', '=', 1)
    .$if(role !== undefined, (query) => query.where('t.role', '=', 'admin'))
    .orderBy('o.id')
    .execute();
}

/** Whether anybody else than the user administers an organization. */
export async function hasOtherAdministrator(tx: Transaction, organizationId: number, userId: number): Promise<boolean> {
  const row = await tx
    .query<IdentityTables>()
    .selectFrom('team as t')
    .innerJoin('team_member as m', 'm.team_id', 't.id')
    .innerJoin('user_account as u', 'u.namespace_id', 'm.user_id')
    .innerJoin('namespace as n', 'n.id', 'm.user_id')
    .select('m.user_id')
    .where('t.organization_id', '=', organizationId)
    .where('t.role', '=', 'admin')
    .where('u.owner_id', 'is', null)
    .where('n.enabled', '=', 1)
    .where('m.user_id', '!=', userId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Removes the account of a user with all that is only about it; what others were granted by it stays. */
export async function deleteAccount(tx: Transaction, userId: number): Promise<void> {
  const query = tx.query<IdentityTables>();
  await query.deleteFrom('session').where('user_id', '=', userId).execute();
  await query.deleteFrom('access_token').where('user_id', '=', userId).execute();
  await query.deleteFrom('team_member').where('user_id', '=', userId).execute();
  await query.deleteFrom('team_invite').where('user_id', '=', userId).execute();
  await query
    .deleteFrom('default_permission')
    .where((row) => row.or([row('delegate_user_id', '=', userId), row('activating_user_id', '=', userId)]))
    .execute();
  await query.deleteFrom('user_account').where('namespace_id', '=', userId).execute();
}
