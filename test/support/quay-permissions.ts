import type { OAuthScope } from '../../src/identity/index.ts';
import type { QuayOperation } from './quay-operations.ts';

const ROLES = ['none', 'read', 'write', 'admin'] as const;
const TEAM_ROLES = ['none', 'member', 'creator', 'admin'] as const;

/** Everything of a caller that bears on what he may do with the repository `acme/app` and its organization. */
export interface Identified {
  readonly name: string;
  /** On the private repository, direct or by a team. */
  readonly role: (typeof ROLES)[number];
  readonly organization: (typeof TEAM_ROLES)[number];
  readonly superuser?: true;
  /** A global read-only superuser. */
  readonly readsEverything?: true;
  /** May make nothing in his own namespace. */
  readonly restricted?: true;
}

export interface Circumstances {
  /** What the access token carries; undefined: a session, which carries everything. */
  readonly scopes: readonly OAuthScope[] | undefined;
  /** Anyone may pull what the call is about. */
  readonly isPublic: boolean;
  /** FEATURE_SUPERUSERS_FULL_ACCESS. */
  readonly fullAccess: boolean;
}

/** What the table marks as not for restricted users; where the path names a repository, in their own namespace. */
const NOT_RESTRICTED = [
  'createOrganization',
  'createUserRobot',
  'deleteUserRobot',
  'regenerateUserRobotToken',
  'createUserRobotFederation',
  'deleteUserRobotFederation',
];

/**
 * What Quay's table says of a call, read from its words alone, independently of how our operations declare it.
 * @param person undefined: nobody has signed in
 */
export function mayByQuay(quays: QuayOperation, person: Identified | undefined, calling: Circumstances): boolean {
  const { who, operationId } = quays;
  const has = (scope: OAuthScope): boolean => calling.scopes?.includes(scope) ?? true;
  if (operationId === 'getLoggedInUser') return person !== undefined && (has('user:read') || has('user:admin'));
  // The name of an organization is everybody's to see (§3 of the reference), and so are names of users; the words are about teams.
  if (operationId === 'getOrganization' || operationId === 'getMatchingEntities') return true;
  if (who === '-' || (calling.isPublic && who.includes('or public'))) return true;
  if (person === undefined) return false;
  if (person.restricted === true && NOT_RESTRICTED.includes(operationId)) return false;
  // Quay leaves the second way to an organization open; and one that a read-only superuser made would not be his to change.
  const makesOrganization = ['createOrganization', 'convertUserToOrganization'].includes(operationId);
  if (makesOrganization && (person.restricted === true || person.readsEverything === true)) return false;
  // In his own namespace, as long as the body names no other; so also a superuser needs the scope.
  if (words(quays).startsWith('ns') && !quays.path.includes('{orgname}')) return has('repo:create');
  if (asSuperuser(quays, person, has, calling.fullAccess)) return true;
  if (words(quays).startsWith('self')) return has('user:admin');
  const [, about, role = ''] = /^(repo|org|ns) (\w+)/.exec(words(quays)) ?? [];
  if (about === 'repo') return rank(ROLES, lesser(ROLES, person.role, repositoryCeiling(has))) >= rank(ROLES, role);
  if (about === undefined) return false;
  return rank(TEAM_ROLES, lesser(TEAM_ROLES, person.organization, teamCeiling(has))) >= rank(TEAM_ROLES, role);
}

/** What is said of a user's own things is said of an organization's administrator where the path names one. */
function words({ who, path }: QuayOperation): string {
  return who.startsWith('self') && path.includes('{orgname}') ? who.replace('self', 'org admin') : who;
}

/** `SU` always, `+SU` and `+SUfull` with full access; `+RO` and `SU/RO` for who reads everything, and changes nothing. */
function asSuperuser(
  { who, method }: QuayOperation,
  person: Identified,
  has: (scope: OAuthScope) => boolean,
  fullAccess: boolean,
): boolean {
  if (!has('super:user')) return false;
  const words = who.split(/[ /()]+/);
  // Who is both has the lesser rights.
  if (person.readsEverything === true) return method === 'GET' && (words.includes('+RO') || words.includes('RO'));
  if (person.superuser !== true) return false;
  return words.includes('SU') || (fullAccess && words.some((word) => /^\+?SU(?:full)?$/.test(word)));
}

/** The strongest role on repositories that scopes let a token use. */
function repositoryCeiling(has: (scope: OAuthScope) => boolean): (typeof ROLES)[number] {
  if (has('repo:admin')) return 'admin';
  if (has('repo:write')) return 'write';
  return has('repo:read') ? 'read' : 'none';
}

function teamCeiling(has: (scope: OAuthScope) => boolean): (typeof TEAM_ROLES)[number] {
  if (has('org:admin')) return 'admin';
  return has('repo:create') ? 'creator' : 'none';
}

function rank(roles: readonly string[], role: string): number {
  const found = roles.indexOf(role);
  if (found < 0) throw new Error(`"${role}" is not understood`);
  return found;
}

function lesser<Role extends string>(roles: readonly Role[], a: Role, b: Role): Role {
  return rank(roles, a) < rank(roles, b) ? a : b;
}
