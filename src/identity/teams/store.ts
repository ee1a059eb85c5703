import type { Kysely } from 'kysely';
import type { Database, Transaction } from '../../platform/db/index.ts';
import type { TeamRole } from '../organization-access.ts';
import type { IdentityTables } from '../tables.ts';

export interface TeamRow {
  readonly id: number;
  readonly organization_id: number;
  readonly name: string;
  readonly role: TeamRole;
  readonly description: string;
}

const TEAM = ['id', 'organization_id', 'name', 'role', 'description'] as const;

/** undefined: the organization has none of this name. */
export function findTeam(db: Database, organizationId: number, name: string): Promise<TeamRow | undefined> {
  return db
    .read<IdentityTables>()
    .selectFrom('team')
    .select(TEAM)
    .where('organization_id', '=', organizationId)
    .where('name', '=', name)
    .executeTakeFirst();
}

export function readTeamInTransaction(
  tx: Transaction,
  organizationId: number,
  name: string,
): Promise<TeamRow | undefined> {
  return tx
    .query<IdentityTables>()
    .selectFrom('team')
    .select(TEAM)
    .where('organization_id', '=', organizationId)
    .where('name', '=', name)
    .executeTakeFirst();
}

/** undefined: the organization has a team of this name. */
export async function insertTeam(
  tx: Transaction,
  team: {
    readonly organizationId: number;
    readonly name: string;
    readonly role: TeamRole;
    readonly description: string;
  },
): Promise<number | undefined> {
  const { organizationId, ...columns } = team;
  const row = await tx
    .query<IdentityTables>()
    .insertInto('team')
    .values({ organization_id: organizationId, ...columns })
    .onConflict((conflict) => conflict.columns(['organization_id', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id;
}

export async function updateTeam(
  tx: Transaction,
  id: number,
  change: Partial<Pick<TeamRow, 'role' | 'description'>>,
): Promise<void> {
  await tx.query<IdentityTables>().updateTable('team').set(change).where('id', '=', id).execute();
}

export async function deleteTeamRow(tx: Transaction, id: number): Promise<void> {
  const query = tx.query<IdentityTables>();
  await query.deleteFrom('default_permission').where('delegate_team_id', '=', id).execute();
  await query.deleteFrom('team_invite').where('team_id', '=', id).execute();
  await query.deleteFrom('team_member').where('team_id', '=', id).execute();
  await query.deleteFrom('team').where('id', '=', id).execute();
}

/** @returns whether he was not in it before. */
export async function insertTeamMember(tx: Transaction, teamId: number, userId: number): Promise<boolean> {
  const row = await tx
    .query<IdentityTables>()
    .insertInto('team_member')
    .values({ team_id: teamId, user_id: userId })
    .onConflict((conflict) => conflict.columns(['team_id', 'user_id']).doNothing())
    .returning('user_id')
    .executeTakeFirst();
  return row !== undefined;
}

/** @returns whether he was in it. */
export async function deleteTeamMember(tx: Transaction, teamId: number, userId: number): Promise<boolean> {
  const result = await tx
    .query<IdentityTables>()
    .deleteFrom('team_member')
    .where('team_id', '=', teamId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Whether an account is in any team of the organization. */
export async function isMember(tx: Transaction, organizationId: number, userId: number): Promise<boolean> {
  const row = await tx
    .query<IdentityTables>()
    .selectFrom('team_member as m')
    // Crossed, so that SQLite begins with the teams of the account and not with all of the organization.
    .crossJoin('team as t')
    .select('m.user_id')
    .where('m.user_id', '=', userId)
    .whereRef('t.id', '=', 'm.team_id')
    .where('t.organization_id', '=', organizationId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether a user who can sign in administers the organization; with `userId`, whether he does. */
export async function hasAdministrator(tx: Transaction, organizationId: number, userId?: number): Promise<boolean> {
  let query = tx
    .query<IdentityTables>()
    .selectFrom('team as t')
    .innerJoin('team_member as m', 'm.team_id', 't.id')
    .innerJoin('user_account as u', 'u.namespace_id', 'm.user_id')
    .innerJoin('namespace as n', 'n.id', 'm.user_id')
    .select('m.user_id')
    .where('t.organization_id', '=', organizationId)
    .where('t.role', '=', 'admin')
    .where('u.owner_id', 'is', null)
    .where('n.enabled', '=', 1);
  if (userId !== undefined) query = query.where('m.user_id', '=', userId);
  return (await query.limit(1).executeTakeFirst()) !== undefined;
}

export interface AccountRow {
  readonly id: number;
  readonly name: string;
  readonly enabled: number;
  /** null: a user, not a robot. */
  readonly owner_id: number | null;
  readonly email: string | null;
}

/** A user or robot, disabled ones too. */
export function findMember(db: Database, name: string): Promise<AccountRow | undefined> {
  return selectAccount(db.read<IdentityTables>(), name).executeTakeFirst();
}

export function readAccount(tx: Transaction, name: string): Promise<AccountRow | undefined> {
  return selectAccount(tx.query<IdentityTables>(), name).executeTakeFirst();
}

function selectAccount(query: Kysely<IdentityTables>, name: string) {
  return query
    .selectFrom('namespace as n')
    .innerJoin('user_account as u', 'u.namespace_id', 'n.id')
    .select(['n.id', 'n.name', 'n.enabled', 'u.owner_id', 'u.email'])
    .where('n.name', '=', name);
}
