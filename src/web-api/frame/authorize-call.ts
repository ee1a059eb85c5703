import { type CatalogPolicy, resolveAccess } from '../../catalog/index.ts';
import { type Actor, type LoadActor, resolveOrganizationAccess } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { parseRepositoryName } from '../../kernel/reference.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Granted, Operation } from './operation.ts';

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

/**
 * Decides an operation's permission, live. Resolves with what it was about. Errors: UNAUTHORIZED, DENIED; the same for what is hidden and for what is not there.
 */
export async function authorizeCall(
  ports: AuthorizePorts,
  { permission, scope }: Pick<Operation, 'permission' | 'scope'>,
  actor: Actor,
  params: Readonly<Record<string, string>>,
): Promise<Granted> {
  switch (permission.kind) {
    case 'anyone':
      return {};
    case 'user':
      if (actor.kind !== 'user' || !hasScope(actor.scopes, scope)) throw refusal(actor);
      return {};
    case 'repository': {
      const name = parseRepositoryName(params['repository'] ?? '');
      if (name === undefined) throw refusal(actor);
      const access = await resolveAccess(ports.db, ports.catalogPolicy, actor, name);
      const allowed = access.actorValid && ENOUGH[permission.role].includes(access.role);
      if (access.repository === undefined || !allowed) throw refusal(actor);
      return { repository: access };
    }
    case 'organization': {
      const { organization, role } = await resolveOrganizationAccess(ports.db, params['orgname'] ?? '', actor);
      if (
        organization !== undefined &&
        role !== 'none' &&
        TEAM_ROLES.indexOf(role) >= TEAM_ROLES.indexOf(permission.role)
      ) {
        return { organization, role };
      }
      if (permission.superusers !== 'always' || !(await isSuperuser(ports, actor))) throw refusal(actor);
      // Superusers see every organization anyway, so they may be told that there is none.
      if (organization === undefined) throw new AppError('NOT_FOUND', 'There is no such organization');
      return { organization, role: 'superuser' };
    }
    case 'superuser':
      if (!(await isSuperuser(ports, actor))) throw refusal(actor);
      return { role: 'superuser' };
    default:
      throw new Error(`There is no such permission: ${JSON.stringify(permission satisfies never)}`);
  }
}

async function isSuperuser(ports: AuthorizePorts, actor: Actor): Promise<boolean> {
  if (actor.kind !== 'user' || !hasScope(actor.scopes, 'super:user')) return false;
  return (await ports.loadActor(actor.userId, actor.passwordVersion))?.superuser === true;
}

/** A session, and a password, carry every scope; `user:admin` includes `user:read`. */
function hasScope(scopes: readonly string[] | undefined, needed: string | undefined): boolean {
  if (scopes === undefined || needed === undefined) return true;
  return scopes.includes(needed) || (needed === 'user:read' && scopes.includes('user:admin'));
}
