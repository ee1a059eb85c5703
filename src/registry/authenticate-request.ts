import { decide, resolveAccess } from '../catalog/index.ts';
import type { RepositoryAccess, RepositoryAction } from '../catalog/index.ts';
import { ANONYMOUS, CredentialsRefused, parseBasicCredentials } from '../identity/index.ts';
import type { Actor, RegistryGrant } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import type { RepositoryName } from '../kernel/reference.ts';
import type { RequestContext } from '../platform/http/index.ts';
import type { Challenge } from './challenge.ts';
import type { RegistryPorts } from './ports.ts';
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

/** The token actions that allow each action; whoever may push may delete. */
const COVERS: Readonly<Record<RepositoryAction, ReadonlySet<string>>> = {
  pull: new Set(['pull', '*']),
  push: new Set(['push', '*']),
  delete: new Set(['delete', 'push', '*']),
  administer: new Set(['*']),
};

const BEARER = /^bearer /i;

/**
 * Finds out who sent the request: a registry token, a name with a password, or nobody. Whether the account behind a token
 * still is what it was is left to the decision about the repository.
 * Errors: UNAUTHORIZED with a challenge when credentials were sent but are not good; TOO_MANY_REQUESTS.
 */
export async function authenticateRequest(
  ports: Pick<RegistryPorts, 'authenticateBasic' | 'meters' | 'registryTokens'>,
  context: RequestContext,
  challenge: Challenge,
): Promise<Caller> {
  const header = context.req.headers.authorization;
  if (header === undefined) return NOBODY;
  if (BEARER.test(header)) {
    const grant = await ports.registryTokens.verify(header.slice(7).trim());
    ports.meters.tokenRead(grant !== undefined);
    if (grant !== undefined) {
      if (grant.internal === true) context.credentialsProven?.('internal');
      else if (grant.actor.kind !== 'anonymous') context.credentialsProven?.('user');
      return { actor: grant.actor, bound: grant.access, presented: true };
    }
  } else {
    const basic = parseBasicCredentials(header);
    // Some clients send empty credentials when they have none.
    if (basic !== undefined && basic.login === '' && basic.secret === '') return NOBODY;
    const actor =
      basic === undefined
        ? undefined
        : await ports
            .authenticateBasic(basic.login, basic.secret, context.clientAddress)
            .catch((error: unknown) => explain(error, challenge));
    if (actor !== undefined) {
      context.credentialsProven?.('user');
      return { actor, bound: undefined, presented: true };
    }
  }
  throw challenge('invalid_token');
}

/** A refusal that says why still has to send the client to the token endpoint. */
function explain(error: unknown, challenge: Challenge): never {
  if (!(error instanceof CredentialsRefused)) throw error;
  throw new AppError('UNAUTHORIZED', error.message, { headers: challenge('invalid_token').headers });
}

/**
 * For what no repository decides: whether the account behind the credentials still is what it was.
 * Errors: UNAUTHORIZED with a challenge.
 */
export async function requireLiveAccount(
  ports: Pick<RegistryPorts, 'loadActor'>,
  caller: Caller,
  challenge: Challenge,
): Promise<void> {
  const { actor } = caller;
  if (actor.kind === 'anonymous') return;
  const credential = actor.kind === 'robot' ? actor.credential : undefined;
  if ((await ports.loadActor(actor.userId, actor.passwordVersion, credential)) === undefined) {
    throw challenge('invalid_token');
  }
}

/**
 * Decides by the live grant, within what the token was issued for, whether the caller may do this to the repository.
 * Errors: UNAUTHORIZED with a challenge, DENIED, NAME_UNKNOWN.
 */
export async function authorizeRequest(
  ports: Pick<RegistryPorts, 'db' | 'policy'>,
  caller: Caller,
  address: RepositoryAddress,
  action: RepositoryAction,
  challenge: Challenge,
): Promise<RepositoryAccess> {
  const access = await resolveAccess(ports.db, ports.policy, caller.actor, address.name);
  const decision = decide(access, action);
  if (decision === 'unauthenticated') throw challenge(access.actorValid ? undefined : 'invalid_token');
  if (decision === 'denied') throw new AppError('DENIED', denialText(address.requestedName, access, action));
  if (decision === 'unknown') throw repositoryUnknown(address.requestedName);
  if (!coveredByToken(caller, address.name, action)) throw challenge('insufficient_scope');
  return access;
}

/** Whether the token, if there is one, was issued for the action. */
export function coveredByToken(caller: Caller, name: RepositoryName, action: RepositoryAction): boolean {
  if (caller.bound === undefined) return true;
  return caller.bound.some(
    (entry) =>
      entry.name === name && entry.type === 'repository' && entry.actions.some((one) => COVERS[action].has(one)),
  );
}

/** Whether the token, if there is one, was issued for the catalog. */
export function mayListByToken({ bound }: Caller): boolean {
  return bound === undefined || bound.some(({ type, name }) => type === 'registry' && name === 'catalog');
}

export function repositoryUnknown(requestedName: string): AppError {
  return new AppError('NAME_UNKNOWN', `There is no repository "${requestedName}"`);
}

function denialText(name: string, access: RepositoryAccess, action: RepositoryAction): string {
  if (access.restricted) {
    return `The account is restricted: it may put nothing into its own namespace. Push "${name}" to an organization instead`;
  }
  const state = access.repository?.state;
  if (state !== undefined && state !== 'NORMAL' && access.role !== 'none' && access.role !== 'read') {
    const kind = state === 'MIRROR' ? 'a mirror' : 'read-only';
    return `Repository "${name}" is ${kind}: nothing can be pushed to it or deleted from it`;
  }
  return `The account may not ${action === 'pull' ? 'pull from' : action === 'push' ? 'push to' : 'delete from'} "${name}"; ask its owner for the permission`;
}
