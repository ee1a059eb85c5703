import { type CatalogPolicy, resolveAccess } from '../../catalog/index.ts';
import {
  type Actor,
  type LiveUser,
  type LoadActor,
  mayActAsSuperuser,
  resolveOrganizationAccess,
} from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { parseRepositoryName } from '../../kernel/reference.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Granted, Operation, Permission } from './operation.ts';

export interface AuthorizePorts {
  readonly db: Database;
  readonly catalogPolicy: CatalogPolicy;
  readonly loadActor: LoadActor;
}

const TEAM_ROLES = ['none', 'member', 'creator', 'admin'];

/** The roles that are enough for one. The state of a repository does not matter here: a frozen one can still be described. */
const ENOUGH: Readonly<Record<'read' | 'write' | 'admin', readonly string[]>> = {
  read: ['read', 'write', 'admin'],
  write: ['write', 'admin'],
  admin: ['admin'],
};

/** The error for whoever may not: 401 when nobody has signed in, else 403 (Quay's rule). */
export function refusal(actor: Actor): AppError {
  return actor.kind === 'anonymous'
    ? new AppError('UNAUTHORIZED', 'Requires authentication')
    : new AppError('DENIED', 'Unauthorized');
}

type Decided = Pick<Operation, 'permission' | 'scope' | 'method' | 'flags'>;

/**
 * Decides an operation's permission, live. Resolves with what it was about. Errors: UNAUTHORIZED, DENIED; the same for what is hidden
 * and for what is not there. Only who may see everything is told NOT_FOUND.
 */
export async function authorizeCall(
  ports: AuthorizePorts,
  operation: Decided,
  actor: Actor,
  params: Readonly<Record<string, string>>,
): Promise<Granted> {
  const { permission, scope } = operation;
  switch (permission.kind) {
    case 'anyone':
      return {};
    case 'user':
      if (actor.kind !== 'user' || !hasScope(actor.scopes, scope)) throw refusal(actor);
      await checkStanding(ports, operation, actor);
      return {};
    case 'repository':
      return authorizeRepository(ports, operation, permission.role, actor, params['repository'] ?? '');
    case 'organization':
      return authorizeOrganization(ports, operation, permission, actor, params['orgname'] ?? '');
    case 'superuser': {
      const live = await findLive(ports, actor);
      const role = superuserRole(ports, operation, actor, live, permission.full === true ? 'full' : 'always');
      if (role === undefined) throw refusal(actor);
      return { role };
    }
    default:
      throw new Error(`There is no such permission: ${JSON.stringify(permission satisfies never)}`);
  }
}

async function authorizeRepository(
  ports: AuthorizePorts,
  { method, flags }: Decided,
  role: keyof typeof ENOUGH,
  actor: Actor,
  path: string,
): Promise<Granted> {
  const name = parseRepositoryName(path);
  if (name === undefined) throw refusal(actor);
  const access = await resolveAccess(ports.db, ports.catalogPolicy, actor, name);
  const reaches = access.reach === 'full' || (access.reach === 'read' && method === 'GET');
  if (!access.actorValid || !(reaches || ENOUGH[role].includes(access.role))) throw refusal(actor);
  if (access.repository === undefined) throw new AppError('NOT_FOUND', 'There is no such repository');
  if (flags?.notRestricted === true && access.restricted) throw restrictedHere();
  return { repository: access };
}

async function authorizeOrganization(
  ports: AuthorizePorts,
  operation: Decided,
  permission: Extract<Permission, { kind: 'organization' }>,
  actor: Actor,
  name: string,
): Promise<Granted> {
  const { organization, role } = await resolveOrganizationAccess(ports.db, name, actor);
  const live = await findLive(ports, actor);
  const readsOnly = live?.readOnlySuperuser === true;
  // An organization belongs to its members together, so it is not a read-only superuser's own, even where he is a member.
  if (readsOnly && operation.method !== 'GET') throw refusal(actor);
  const enough = TEAM_ROLES.indexOf(role) >= TEAM_ROLES.indexOf(permission.role);
  if (organization !== undefined && role !== 'none' && enough) {
    return { organization, role: readsOnly ? 'readOnlySuperuser' : role };
  }
  const superuser = superuserRole(ports, operation, actor, live, permission.superusers);
  if (superuser === undefined) throw refusal(actor);
  // Superusers see every organization anyway, so they may be told that there is none.
  if (organization === undefined) throw new AppError('NOT_FOUND', 'There is no such organization');
  const fullAccess = superuser === 'superuser' && ports.catalogPolicy.standing.fullAccess;
  return { organization, role: superuser, fullAccess };
}

/** As what a superuser of either kind is let in; undefined: he is none, or may not do this as one. */
function superuserRole(
  ports: AuthorizePorts,
  { method }: Decided,
  actor: Actor,
  live: LiveUser | undefined,
  superusers: 'always' | 'full' | undefined,
): 'superuser' | 'readOnlySuperuser' | undefined {
  if (superusers === undefined || !mayActAsSuperuser(actor)) return undefined;
  if (live?.readOnlySuperuser === true) return method === 'GET' ? 'readOnlySuperuser' : undefined;
  const may = superusers === 'always' || ports.catalogPolicy.standing.fullAccess;
  return live?.superuser === true && may ? 'superuser' : undefined;
}

/** Errors: DENIED when the operation is not for users of this standing. */
async function checkStanding(ports: AuthorizePorts, { flags }: Decided, actor: Actor): Promise<void> {
  if (flags?.notRestricted !== true && flags?.makesOrganization !== true) return;
  const live = await findLive(ports, actor);
  if (live === undefined) throw refusal(actor);
  if (flags.notRestricted === true && live.restricted) throw restrictedHere();
  if (flags.makesOrganization !== true || (live.superuser && mayActAsSuperuser(actor))) return;
  if (ports.catalogPolicy.standing.onlySuperusersMakeOrganizations) {
    throw new AppError('DENIED', 'Only superusers may make organizations here; ask one of them');
  }
  if (live.restricted || live.readOnlySuperuser) {
    throw new AppError('DENIED', 'The account may not make organizations; ask a superuser for one');
  }
}

function restrictedHere(): AppError {
  return new AppError('DENIED', 'The account is restricted: it may make nothing of its own, only in organizations');
}

async function findLive(ports: AuthorizePorts, actor: Actor): Promise<LiveUser | undefined> {
  return actor.kind === 'user' ? ports.loadActor(actor.userId, actor.passwordVersion) : undefined;
}

/** A session, and a password, carry every scope; `user:admin` includes `user:read`. */
export function hasScope(scopes: readonly string[] | undefined, needed: string | undefined): boolean {
  if (scopes === undefined || needed === undefined) return true;
  return scopes.includes(needed) || (needed === 'user:read' && scopes.includes('user:admin'));
}
