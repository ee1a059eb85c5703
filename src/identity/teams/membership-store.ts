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

/** Names of deleted accounts, whose rows stay for a while, begin so. */
const DELETED = '!%';

/** The teams of an organization with their members, after one of them, by team and then by account. */
export function pageOfMemberships(
  db: Database,
  organizationId: number,
  after: Pick<MembershipRow, 'team_id' | 'user_id'>,
  limit: number,
): Promise<readonly MembershipRow[]> {
  return (
    db
      .read<IdentityTables>()
      .selectFrom('team as t')
      .innerJoin('team_member as m', 'm.team_id', 't.id')
      .innerJoin('user_account as u', 'u.namespace_id', 'm.user_id')
      .innerJoin('namespace as n', 'n.id', 'm.user_id')
      .select(['m.team_id', 't.name as team', 'm.user_id', 'n.name', 'u.owner_id'])
      .where('t.organization_id', '=', organizationId)
      .where('n.name', 'not like', DELETED)
      // The first bound is what the index begins with.
      .where('t.id', '>=', after.team_id)
      .where((row) => row.or([row('t.id', '>', after.team_id), row('m.user_id', '>', after.user_id)]))
      .orderBy('t.id')
      .orderBy('m.user_id')
      .limit(limit)
      .execute()
  );
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
    .where('n.name', 'not like', DELETED)
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
  return query
    .selectFrom('team_member as m')
    .innerJoin('team as t', 't.id', 'm.team_id')
    .select(['t.id', 't.name'])
    .where('m.user_id', '=', userId)
    .where('t.organization_id', '=', organizationId)
    .orderBy('t.name');
}
