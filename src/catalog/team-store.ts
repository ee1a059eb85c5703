import type { IdentityTables, TeamRole } from '../identity/index.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { CatalogTables, RepositoryRole } from './tables.ts';

export interface TeamOverviewRow {
  readonly id: number;
  readonly name: string;
  readonly role: TeamRole;
  readonly description: string;
  readonly member_count: number;
  /** Alive repositories that something is granted on. */
  readonly repo_count: number;
}

/** Teams of an organization after one of them, in the order of their making. */
export function pageOfTeams(
  db: Database,
  organizationId: number,
  after: number,
  limit: number,
): Promise<readonly TeamOverviewRow[]> {
  return db
    .read<CatalogTables & IdentityTables>()
    .selectFrom('team as t')
    .select(['t.id', 't.name', 't.role', 't.description'])
    .select((query) => [
      query
        .selectFrom('team_member as m')
        .whereRef('m.team_id', '=', 't.id')
        .select((e) => e.fn.countAll<number>().as('members'))
        .$asScalar()
        .$notNull()
        .as('member_count'),
      query
        .selectFrom('repository_permission as p')
        .innerJoin('repository as r', 'r.id', 'p.repository_id')
        .whereRef('p.team_id', '=', 't.id')
        .where('r.deleted_at', 'is', null)
        .select((e) => e.fn.countAll<number>().as('repositories'))
        .$asScalar()
        .$notNull()
        .as('repo_count'),
    ])
    .where('t.organization_id', '=', organizationId)
    .where('t.id', '>', after)
    .orderBy('t.id')
    .limit(limit)
    .execute();
}

export interface TeamGrantPageRow {
  readonly id: number;
  readonly repository: string;
  readonly visibility: 'public' | 'private';
  readonly role: RepositoryRole;
}

/** What is granted to a team, after one of the grants, in the order of their making. */
export function pageOfTeamGrants(
  db: Database,
  teamId: number,
  after: number,
  limit: number,
): Promise<readonly TeamGrantPageRow[]> {
  return db
    .read<CatalogTables>()
    .selectFrom('repository_permission as p')
    .innerJoin('repository as r', 'r.id', 'p.repository_id')
    .select(['p.id', 'r.name as repository', 'r.visibility', 'p.role'])
    .where('p.team_id', '=', teamId)
    .where('p.id', '>', after)
    .where('r.deleted_at', 'is', null)
    .orderBy('p.id')
    .limit(limit)
    .execute();
}

export async function deleteGrantsOfTeam(tx: Transaction, teamId: number): Promise<void> {
  await tx.query<CatalogTables>().deleteFrom('repository_permission').where('team_id', '=', teamId).execute();
}
