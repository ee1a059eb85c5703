import { type Database, readInPages } from '../../platform/db/index.ts';
import { pageOfInvites, type PendingInviteRow } from './invite-store.ts';
import { type MembershipRow, pageOfMemberships, pageOfTeamMembers } from './membership-store.ts';

/** Each page takes a millisecond or so. */
const PAGE = 500;

export interface TeamMember {
  readonly userId: number;
  readonly name: string;
  readonly isRobot: boolean;
}

/** Everyone in a team, by name. */
export async function listTeamMembers(db: Database, teamId: number): Promise<readonly TeamMember[]> {
  const rows = await readInPages<Pick<MembershipRow, 'user_id' | 'name' | 'owner_id'>>(PAGE, (last, limit) =>
    pageOfTeamMembers(db, teamId, last?.user_id ?? 0, limit),
  );
  return rows
    .map((row) => ({ userId: row.user_id, name: row.name, isRobot: row.owner_id !== null }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** A user with the teams of an organization that he is in. */
export interface OrganizationMember {
  readonly userId: number;
  readonly name: string;
  readonly teams: readonly string[];
}

/** The users in any team of an organization, by name; without robots. */
export async function listOrganizationMembers(
  db: Database,
  organizationId: number,
): Promise<readonly OrganizationMember[]> {
  const rows = await readInPages<MembershipRow>(PAGE, (last, limit) =>
    pageOfMemberships(db, organizationId, last ?? { team_id: 0, user_id: 0 }, limit),
  );
  const members = new Map<number, OrganizationMember & { readonly teams: string[] }>();
  for (const { user_id: userId, name, team, owner_id: owner } of rows) {
    if (owner !== null) continue;
    const member = members.get(userId) ?? { userId, name, teams: [] };
    member.teams.push(team);
    members.set(userId, member);
  }
  return [...members.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Who has been invited to a team and has not answered, oldest first. `name` is of a user, `email` of whoever reads it. */
export async function listTeamInvites(
  db: Database,
  teamId: number,
): Promise<readonly ({ readonly name: string } | { readonly email: string })[]> {
  const now = await db.now();
  const rows = await readInPages<PendingInviteRow>(PAGE, (last, limit) =>
    pageOfInvites(db, teamId, now, last?.id ?? 0, limit),
  );
  return rows.map(({ name, email }) => (name === null ? { email: email ?? '' } : { name }));
}
