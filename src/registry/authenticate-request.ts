import { decide, resolveAccess } from '../catalog/index.ts';
import type { RepositoryAccess, RepositoryAction } from '../catalog/index.ts';
import { ANONYMOUS, parseBasicCredentials } from '../identity/index.ts';
import type { Actor, RegistryGrant } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import type { RepositoryName } from '../kernel/reference.ts';
import type { RequestContext } from '../platform/http/index.ts';
import { challenge } from './challenge.ts';
import type { RegistryPorts, RegistrySettings } from './ports.ts';
import type { RepositoryAddress } from './route.ts';

/** Who sent a request. */
export interface Caller {
  readonly actor: Actor;
  /** What the token was issued for; undefined: no token, so nothing but the live grant limits the caller. */
  readonly bound: RegistryGrant['access'] | undefined;
  /** Whether the request carried credentials at all; an anonymous token counts. */
  readonly presented: boolean;
}

const NOBODY: Caller = { actor: ANONYMOUS, bound: undefined, presented: false };

const BEARER = /^bearer /i;

type Settings = Pick<RegistrySettings, 'serverHostname' | 'urlScheme'>;

/**
 * Finds out who sent the request: a registry token, a name with a password, or nobody. Whether the account behind a token
 * still is what it was is left to the decision about the repository.
 * Errors: UNAUTHORIZED with a challenge when credentials were sent but are not good; TOO_MANY_REQUESTS.
 */
export async function authenticateRequest(
  ports: Pick<RegistryPorts, 'authenticateBasic' | 'registryTokens'>,
  settings: Settings,
  context: RequestContext,
): Promise<Caller> {
  const header = context.req.headers.authorization;
  if (header === undefined) return NOBODY;
  if (BEARER.test(header)) {
    const grant = await ports.registryTokens.verify(header.slice(7).trim());
    if (grant !== undefined) return { actor: grant.actor, bound: grant.access, presented: true };
  } else {
    const basic = parseBasicCredentials(header);
    // Some clients send empty credentials when they have none.
    if (basic !== undefined && basic.login === '' && basic.secret === '') return NOBODY;
    const actor = basic === undefined ? undefined : await ports.authenticateBasic(basic.login, basic.secret);
    if (actor !== undefined) return { actor, bound: undefined, presented: true };
  }
  throw challenge(settings, context, undefined, 'invalid_token');
}

/**
 * For what no repository decides: whether the account behind the credentials still is what it was.
 * Errors: UNAUTHORIZED with a challenge.
 */
export async function requireLiveAccount(
  ports: Pick<RegistryPorts, 'loadActor'>,
  settings: Settings,
  context: RequestContext,
  caller: Caller,
): Promise<void> {
  const { actor } = caller;
  if (actor.kind === 'anonymous') return;
  if ((await ports.loadActor(actor.userId, actor.passwordVersion)) === undefined) {
    throw challenge(settings, context, undefined, 'invalid_token');
  }
}

/**
 * Decides by the live grant, within what the token was issued for, whether the caller may do this to the repository.
 * Errors: UNAUTHORIZED with a challenge, DENIED, NAME_UNKNOWN.
 */
export async function authorizeRequest(
  ports: Pick<RegistryPorts, 'db' | 'policy'>,
  settings: Settings,
  context: RequestContext,
  caller: Caller,
  address: RepositoryAddress,
  action: RepositoryAction,
): Promise<RepositoryAccess> {
  const access = await resolveAccess(ports.db, ports.policy, caller.actor, address.name);
  const scope = `repository:${address.requestedName}:${action === 'pull' ? 'pull' : 'pull,push'}` as const;
  const decision = decide(access, action);
  if (decision === 'unauthenticated') {
    throw challenge(settings, context, scope, access.actorValid ? undefined : 'invalid_token');
  }
  if (decision === 'denied') throw new AppError('DENIED', denialText(address.requestedName, access, action));
  if (decision === 'unknown') throw repositoryUnknown(address.requestedName);
  if (!coveredByToken(caller, address.name, action)) throw challenge(settings, context, scope, 'insufficient_scope');
  return access;
}

/** Whether the token, if there is one, was issued for the action; deleting counts as pushing, `*` is everything. */
export function coveredByToken(caller: Caller, name: RepositoryName, action: RepositoryAction): boolean {
  if (caller.bound === undefined) return true;
  const needed = action === 'pull' ? 'pull' : 'push';
  return caller.bound.some(
    (entry) =>
      entry.name === name &&
      entry.type === 'repository' &&
      (entry.actions.includes(needed) || entry.actions.includes('*')),
  );
}

export function repositoryUnknown(requestedName: string): AppError {
  return new AppError('NAME_UNKNOWN', `There is no repository "${requestedName}"`);
}

function denialText(name: string, access: RepositoryAccess, action: RepositoryAction): string {
  const state = access.repository?.state;
  if (state !== undefined && state !== 'NORMAL' && access.role !== 'none' && access.role !== 'read') {
    const kind = state === 'MIRROR' ? 'a mirror' : 'read-only';
    return `Repository "${name}" is ${kind}: nothing can be pushed to it or deleted from it`;
  }
  return `The account may not ${action === 'pull' ? 'pull from' : action === 'push' ? 'push to' : 'delete from'} "${name}"; ask its owner for the permission`;
}
