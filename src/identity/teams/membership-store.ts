import type { Kysely } from 'kysely';
import type { Database, Transaction } from '../../platform/db/index.ts';
import type { IdentityTables } from '../tables.ts';

/** A user or robot in a team. */
export interface MembershipRow {
  readonly team_id: number;
  readonly team: string;
  readonly user_id: number;
  readonly name: string;
  /** null: a user, not a robot. */
  readonly owner_id: number | null;
}

/**
 * The teams of an organization with their members, after one of them, by team and then by account. The rows of a page are chosen
 * before names are joined to them, so that a page within a large team costs no more than another.
 */
export function pageOfMemberships(
  db: Database,
  organizationId: number,
  after: Pick<MembershipRow, 'team_id' | 'user_id'>,
  limit: number,
): Promise<readonly MembershipRow[]> {
  const query = db.read<IdentityTables>();
  const page = query
    .selectFrom('team as t')
    .innerJoin('team_member as m', 'm.team_id', 't.id')
    .select(['t.id as team_id', 't.name as team', 'm.user_id'])
    .where('t.organization_id', '=', organizationId)
    // The first bound is what the index begins with.
    .where('t.id', '>=', after.team_id)
    .where((row) => row.or([row('t.id', '>', after.team_id), row('m.user_id', '>', after.user_id)]))
    .orderBy('t.id')
    .orderBy('m.user_id')
    .limit(limit)
    .as('page');
  return query
    .selectFrom(page)
    .innerJoin('user_account as u', 'u.namespace_id', 'page.user_id')
    .innerJoin('namespace as n', 'n.id', 'page.user_id')
    .select(['page.team_id', 'page.team', 'page.user_id', 'n.name', 'u.owner_id'])
    .orderBy('page.team_id')
    .orderBy('page.user_id')
    .execute();
}

/** The members of one team after an account, by its number. */
export function pageOfTeamMembers(
  db: Database,
  teamId: number,
  after: number,
  limit: number,
): Promise<readonly Pick<MembershipRow, 'user_id' | 'name' | 'owner_id'>[]> {
  return db
    .read<IdentityTables>()
    .selectFrom('team_member as m')
    .innerJoin('user_account as u', 'u.namespace_id', 'm.user_id')
    .innerJoin('namespace as n', 'n.id', 'm.user_id')
    .select(['m.user_id', 'n.name', 'u.owner_id'])
    .where('m.team_id', '=', teamId)
    .where('m.user_id', '>', after)
    .orderBy('m.user_id')
    .limit(limit)
    .execute();
}

/** The teams of an organization that an account is in, by name. */
export function listTeamsOfMember(
  db: Database,
  organizationId: number,
  userId: number,
): Promise<readonly { readonly id: number; readonly name: string }[]> {
  return selectTeamsOfMember(db.read<IdentityTables>(), organizationId, userId).execute();
}

/** Takes an account out of all teams of an organization. @returns the teams, by name */
export async function deleteMemberships(
  tx: Transaction,
  organizationId: number,
  userId: number,
): Promise<readonly { readonly id: number; readonly name: string }[]> {
  const query = tx.query<IdentityTables>();
  const teams = await selectTeamsOfMember(query, organizationId, userId).execute();
  if (teams.length > 0) {
    const ids = query.selectFrom('team').select('id').where('organization_id', '=', organizationId);
    await query.deleteFrom('team_member').where('user_id', '=', userId).where('team_id', 'in', ids).execute();
  }
  return teams;
}

function selectTeamsOfMember(query: Kysely<IdentityTables>, organizationId: number, userId: number) {
  return (
    query
      .selectFrom('team_member as m')
      // Crossed, so that SQLite begins with the teams of the account and not with all of the organization.
      .crossJoin('team as t')
      .select(['t.id', 't.name'])
      .where('m.user_id', '=', userId)
      .whereRef('t.id', '=', 'm.team_id')
      .where('t.organization_id', '=', organizationId)
      .orderBy('t.name')
  );
}

/** Which of some accounts are in a team of the organization. */
export async function membersAmong(
  query: Kysely<IdentityTables>,
  organizationId: number,
  userIds: readonly number[],
): Promise<ReadonlySet<number>> {
  if (userIds.length === 0) return new Set();
  const rows = await query
    .selectFrom('team_member as m')
    .crossJoin('team as t')
    .select('m.user_id')
    .where('m.user_id', 'in', userIds)
    .whereRef('t.id', '=', 'm.team_id')
    .where('t.organization_id', '=', organizationId)
    .execute();
  return new Set(rows.map(({ user_id: id }) => id));
}
