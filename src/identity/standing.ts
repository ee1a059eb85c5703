import type { Actor } from './model.ts';

/** What the configuration says about users who may more, or less, than what they were granted. */
export interface StandingRules {
  /** FEATURE_SUPER_USERS: when off there are no superusers of either kind, whatever the lists and the database say. */
  readonly superusers: boolean;
  /** SUPER_USERS: superusers by name; nobody can take that from them while the server runs. */
  readonly namedSuperusers: ReadonlySet<string>;
  /** GLOBAL_READONLY_SUPER_USERS. */
  readonly readOnlySuperusers: ReadonlySet<string>;
  /** FEATURE_SUPERUSERS_FULL_ACCESS: superusers may do everything in every namespace. */
  readonly fullAccess: boolean;
  /** FEATURE_SUPERUSERS_ORG_CREATION_ONLY. */
  readonly onlySuperusersMakeOrganizations: boolean;
  /** RESTRICTED_USERS_WHITELIST; undefined: FEATURE_RESTRICTED_USERS is off and nobody is restricted. */
  readonly unrestrictedUsers: ReadonlySet<string> | undefined;
}

/** What an account is at this moment beside its grants. */
export interface Standing {
  readonly superuser: boolean;
  /** May read everything, and change nothing but what is his own. Whoever is this is not a superuser too. */
  readonly readOnlySuperuser: boolean;
  /** May make nothing in his own namespace; a robot, nothing in that of its owner. */
  readonly restricted: boolean;
}

export const NO_STANDING: Standing = { superuser: false, readOnlySuperuser: false, restricted: false };

export interface StandingAccount {
  readonly name: string;
  readonly isRobot: boolean;
  /** The flag of the database. */
  readonly superuser: boolean;
}

/** Derives an account's standing. Robots are never superusers. Costs three look-ups, for it is done on every request. */
export function standingOf(rules: StandingRules, { name, isRobot, superuser }: StandingAccount): Standing {
  const readOnlySuperuser = rules.superusers && !isRobot && rules.readOnlySuperusers.has(name);
  return {
    superuser: rules.superusers && !isRobot && !readOnlySuperuser && (superuser || rules.namedSuperusers.has(name)),
    readOnlySuperuser,
    restricted: rules.unrestrictedUsers?.has(isRobot ? ownerOf(name) : name) === false,
  };
}

/**
 * Whether the name alone makes its user more than others. Nobody may choose such a name for himself, nor give it up, or whoever took it
 * next would be a superuser.
 */
export function isNameOfStanding(rules: StandingRules, name: string): boolean {
  return rules.namedSuperusers.has(name) || rules.readOnlySuperusers.has(name);
}

/** The owner's part of a robot's name. */
function ownerOf(robot: string): string {
  return robot.slice(0, robot.indexOf('+'));
}

/** How far somebody reaches beyond what he was granted: not at all, to reading everything, or to everything. */
export type Reach = 'none' | 'read' | 'full';

/** The reach of an actor of this standing; by an access token he has it only with the scope `super:user`. */
export function reachOf(rules: StandingRules, standing: Standing, actor: Actor): Reach {
  if (!mayActAsSuperuser(actor)) return 'none';
  if (standing.readOnlySuperuser) return 'read';
  return standing.superuser && rules.fullAccess ? 'full' : 'none';
}

/** Whether an actor, if he is a superuser, may act as one: by himself, or by a token made for that. */
export function mayActAsSuperuser(actor: Actor): boolean {
  return actor.kind === 'user' && (actor.scopes === undefined || actor.scopes.includes('super:user'));
}
