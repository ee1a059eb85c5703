import type { Kysely } from 'kysely';
import type { Database, Transaction } from '../../platform/db/index.ts';
import type { IdentityTables } from '../tables.ts';

export interface DefaultPermissionRow {
  readonly id: number;
  readonly uuid: string;
  readonly role: 'read' | 'write' | 'admin';
  readonly activating_id: number | null;
  readonly activating_name: string | null;
  readonly activating_owner: number | null;
  readonly user_id: number | null;
  readonly user_name: string | null;
  readonly user_owner: number | null;
  readonly team_name: string | null;
}

/** Names of deleted accounts, whose rows stay for a while, begin so. */
const DELETED = '!%';

export function pageOfDefaultPermissions(
  db: Database,
  organizationId: number,
  after: number,
  limit: number,
): Promise<readonly DefaultPermissionRow[]> {
  return selectPermissions(db.read<IdentityTables>(), organizationId)
    .where('d.id', '>', after)
    .orderBy('d.id')
    .limit(limit)
    .execute();
}

export function readDefaultPermission(
  tx: Transaction,
  organizationId: number,
  uuid: string,
): Promise<DefaultPermissionRow | undefined> {
  return selectPermissions(tx.query<IdentityTables>(), organizationId).where('d.uuid', '=', uuid).executeTakeFirst();
}

/** Those that give an account something, oldest first. */
export function readDefaultPermissionsFor(
  tx: Transaction,
  organizationId: number,
  userId: number,
): Promise<readonly DefaultPermissionRow[]> {
  return selectPermissions(tx.query<IdentityTables>(), organizationId)
    .where('d.delegate_user_id', '=', userId)
    .orderBy('d.id')
    .execute();
}

function selectPermissions(query: Kysely<IdentityTables>, organizationId: number) {
  return query
    .selectFrom('default_permission as d')
    .leftJoin('namespace as a', 'a.id', 'd.activating_user_id')
    .leftJoin('user_account as au', 'au.namespace_id', 'd.activating_user_id')
    .leftJoin('namespace as n', 'n.id', 'd.delegate_user_id')
    .leftJoin('user_account as nu', 'nu.namespace_id', 'd.delegate_user_id')
    .leftJoin('team as t', 't.id', 'd.delegate_team_id')
    .select(['d.id', 'd.uuid', 'd.role', 't.name as team_name'])
    .select(['d.activating_user_id as activating_id', 'a.name as activating_name', 'au.owner_id as activating_owner'])
    .select(['d.delegate_user_id as user_id', 'n.name as user_name', 'nu.owner_id as user_owner'])
    .where('d.organization_id', '=', organizationId)
    .where((row) => row.or([row('a.name', 'is', null), row('a.name', 'not like', DELETED)]))
    .where((row) => row.or([row('n.name', 'is', null), row('n.name', 'not like', DELETED)]));
}

export async function countDefaultPermissions(tx: Transaction, organizationId: number): Promise<number> {
  const row = await tx
    .query<IdentityTables>()
    .selectFrom('default_permission')
    .select((e) => e.fn.countAll<number>().as('permissions'))
    .where('organization_id', '=', organizationId)
    .executeTakeFirstOrThrow();
  return row.permissions;
}

export async function insertDefaultPermission(
  tx: Transaction,
  row: {
    readonly uuid: string;
    readonly organization_id: number;
    readonly activating_user_id: number | null;
    readonly delegate_user_id: number | null;
    readonly delegate_team_id: number | null;
    readonly role: DefaultPermissionRow['role'];
  },
): Promise<void> {
  await tx.query<IdentityTables>().insertInto('default_permission').values(row).execute();
}

export async function updateDefaultPermission(
  tx: Transaction,
  id: number,
  role: DefaultPermissionRow['role'],
): Promise<void> {
  await tx.query<IdentityTables>().updateTable('default_permission').set({ role }).where('id', '=', id).execute();
}

export async function deleteDefaultPermissionRow(tx: Transaction, id: number): Promise<void> {
  await tx.query<IdentityTables>().deleteFrom('default_permission').where('id', '=', id).execute();
}

/** Those that hold for what a user creates: his own ones, and those of everybody. */
export async function readDefaultGrants(
  tx: Transaction,
  organizationId: number,
  creatorId: number,
): Promise<
  readonly {
    readonly role: DefaultPermissionRow['role'];
    readonly activating_user_id: number | null;
    readonly delegate_user_id: number | null;
    readonly delegate_team_id: number | null;
  }[]
> {
  return tx
    .query<IdentityTables>()
    .selectFrom('default_permission as d')
    .leftJoin('namespace as n', 'n.id', 'd.delegate_user_id')
    .select(['d.role', 'd.activating_user_id', 'd.delegate_user_id', 'd.delegate_team_id'])
    .where('d.organization_id', '=', organizationId)
    .where((row) => row.or([row('d.activating_user_id', 'is', null), row('d.activating_user_id', '=', creatorId)]))
    .where((row) => row.or([row('n.name', 'is', null), row('n.name', 'not like', DELETED)]))
    .execute();
}
