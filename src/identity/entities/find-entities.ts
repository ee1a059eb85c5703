import type { Database } from '../../platform/db/index.ts';
import type { OrganizationKey } from '../organizations/lock-organization.ts';
import { robotName } from '../robot-name.ts';
import type { IdentityTables } from '../tables.ts';
import { membersAmong } from '../teams/membership-store.ts';
import { type NamedRow, searchPeople, searchRobots, searchTeams } from './store.ts';

/** How many of each kind are found. */
const FOUND_MAX = 10;

/** Names of users, robots and teams have these characters alone. */
const PREFIX = /^[a-z0-9._+-]{1,511}$/;

/** What somebody looks for by the beginning of a name. */
export interface EntitySearch {
  readonly prefix: string;
  /** FEATURE_PARTIAL_USER_AUTOCOMPLETE is off: users are found by their whole name. */
  readonly exactUsers: boolean;
  /** The namespace whose robots he may see. */
  readonly robotOwner: OrganizationKey | undefined;
  /** The organization whose members he may know. */
  readonly organization: OrganizationKey | undefined;
  readonly teams: boolean;
}

export interface FoundUser {
  readonly name: string;
  readonly isRobot: boolean;
  /** undefined: it was not asked for. */
  readonly isMember: boolean | undefined;
}

export interface FoundEntities {
  readonly teams: readonly string[];
  /** Robots first, each by name. */
  readonly users: readonly FoundUser[];
}

/** At most ten of each kind. Names are in lower case; what cannot be one finds nothing. */
export async function findEntities(db: Database, search: EntitySearch): Promise<FoundEntities> {
  const prefix = search.prefix.toLowerCase();
  if (!PREFIX.test(prefix)) return { teams: [], users: [] };
  const { organization, robotOwner } = search;
  const names = { prefix, exact: search.exactUsers, limit: FOUND_MAX };
  const [teams, robots, people] = await Promise.all([
    organization !== undefined && search.teams ? searchTeams(db, organization.id, names) : [],
    robotOwner === undefined ? [] : findRobots(db, robotOwner, prefix),
    searchPeople(db, names),
  ]);
  const ids = people.map(({ id }) => id);
  const members =
    organization === undefined ? undefined : await membersAmong(db.read<IdentityTables>(), organization.id, ids);
  return {
    teams: teams.map(({ name }) => name),
    users: [
      ...robots.map(({ name }) => ({ name, isRobot: true, isMember: organization === undefined ? undefined : true })),
      ...people.map(({ id, name }) => ({ name, isRobot: false, isMember: members?.has(id) })),
    ],
  };
}

/** By the beginning of their short name, or of `owner+short`. */
function findRobots(db: Database, owner: OrganizationKey, prefix: string): Promise<readonly NamedRow[]> {
  const whole = prefix.includes('+') ? prefix : robotName({ owner: owner.name, shortName: prefix });
  return searchRobots(db, owner.id, { prefix: whole, exact: false, limit: FOUND_MAX });
}
