import { type Database, readInPages } from '../platform/db/index.ts';
import { pageOfTeamGrants, pageOfTeams, type TeamGrantPageRow, type TeamOverviewRow } from './team-store.ts';

/** Each page takes a millisecond or so. */
const TEAMS = 250;
const GRANTS = 500;

/** Every team of an organization with the number of its members and repositories, in the order of their making. */
export function listTeams(db: Database, organizationId: number): Promise<readonly TeamOverviewRow[]> {
  return readInPages<TeamOverviewRow>(TEAMS, (last, limit) => pageOfTeams(db, organizationId, last?.id ?? 0, limit));
}

/** The roles of a team on alive repositories, in the order they were granted. */
export function listGrantsOfTeam(db: Database, teamId: number): Promise<readonly TeamGrantPageRow[]> {
  return readInPages<TeamGrantPageRow>(GRANTS, (last, limit) => pageOfTeamGrants(db, teamId, last?.id ?? 0, limit));
}
