import type { TokenAccess } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import { parseRepositoryName, type RepositoryName } from '../kernel/reference.ts';

/** An action that a client may ask a token for; `*` asks for all that the actor may do. */
export type ScopeAction = 'pull' | 'push' | 'delete' | '*';

/** One resource that a client asks a token for, after reading. */
export type RequestedScope =
  | { readonly type: 'repository'; readonly name: RepositoryName; readonly actions: readonly ScopeAction[] }
  | { readonly type: 'registry'; readonly name: 'catalog'; readonly actions: readonly ['*'] };

export interface ScopeContext {
  /** Completes names of one component; undefined drops them. */
  readonly libraryNamespace: string | undefined;
  /** Names (with or without port) under which clients know this registry, and may write before a repository's name. */
  readonly hosts: readonly string[];
}

const SCOPES_MAX = 100;
const SCOPE_LENGTH_MAX = 600;
// The token has to fit, in base64 and with its signature, into the 16 KiB of a request's header lines.
const NAMES_LENGTH_MAX = 6000;

// `repository(plugin)` names a resource class (distribution's token scope documentation); it changes nothing here.
const REPOSITORY_SCOPE = /^repository(?:\([a-z0-9]{1,32}\))?:(.+):([^:]+)$/;
const ACTIONS: readonly ScopeAction[] = ['pull', 'push', 'delete', '*'];

/**
 * Reads the `scope` parameters of a token request (distribution's token scope documentation): each holds one scope or
 * several joined by spaces. What is of an unknown type, malformed or asks for no known action is dropped; scopes of the
 * same repository are joined. Errors: TOKEN_REQUEST_INVALID for more than 100 scopes, or too long ones together.
 */
export function parseTokenScopes(parameters: readonly string[], context: ScopeContext): RequestedScope[] {
  const texts = new Set(parameters.flatMap((parameter) => parameter.split(' ')).filter((text) => text !== ''));
  if (texts.size > SCOPES_MAX) {
    throw new AppError('TOKEN_REQUEST_INVALID', `A token can be asked for at most ${SCOPES_MAX} scopes at once`);
  }
  const repositories = new Map<RepositoryName, Set<ScopeAction>>();
  let catalog = false;
  for (const text of texts) {
    if (text === 'registry:catalog:*') catalog = true;
    const scope = parseRepositoryScope(text, context);
    if (scope === undefined) continue;
    const actions = repositories.get(scope.name) ?? new Set();
    for (const action of scope.actions) actions.add(action);
    repositories.set(scope.name, actions);
  }
  return [...boundedScopes(repositories), ...(catalog ? [CATALOG_SCOPE] : [])];
}

const CATALOG_SCOPE: RequestedScope = { type: 'registry', name: 'catalog', actions: ['*'] };

function boundedScopes(repositories: ReadonlyMap<RepositoryName, ReadonlySet<ScopeAction>>): RequestedScope[] {
  let length = 0;
  for (const name of repositories.keys()) length += name.length;
  if (length > NAMES_LENGTH_MAX) {
    throw new AppError(
      'TOKEN_REQUEST_INVALID',
      'The scopes are too long for one token; ask for fewer repositories at once',
    );
  }
  return Array.from(repositories, ([name, actions]) => ({
    type: 'repository',
    name,
    actions: ACTIONS.filter((action) => actions.has(action)),
  }));
}

function parseRepositoryScope(
  text: string,
  context: ScopeContext,
): { readonly name: RepositoryName; readonly actions: readonly ScopeAction[] } | undefined {
  if (text.length > SCOPE_LENGTH_MAX) return undefined;
  const [, resource, actionList] = REPOSITORY_SCOPE.exec(text) ?? [];
  if (resource === undefined || actionList === undefined) return undefined;
  const name = parseRepositoryName(withoutHost(resource, context.hosts), context.libraryNamespace);
  const asked = new Set(actionList.split(','));
  const actions = ACTIONS.filter((action) => asked.has(action));
  return name === undefined || actions.length === 0 ? undefined : { name, actions };
}

/** A first component with a colon can only be a host; one with dots may also be a namespace, unless it is our name. */
function withoutHost(resource: string, hosts: readonly string[]): string {
  const slash = resource.indexOf('/');
  const host = resource.slice(0, Math.max(slash, 0));
  const isHost =
    host.includes(':') || (host.includes('.') && hosts.some((own) => own === host || portless(own) === host));
  return isHost ? resource.slice(slash + 1) : resource;
}

function portless(host: string): string {
  return host.replace(/:\d+$/, '');
}

/** The part of a request that the actor's rights (`*`: every right) cover. Whoever may push may delete. */
export function grantScope(
  requested: readonly ScopeAction[],
  rights: readonly ('pull' | 'push' | '*')[],
): readonly ScopeAction[] {
  const may = (action: ScopeAction): boolean =>
    rights.includes('*') || (action === 'delete' ? rights.includes('push') : rights.includes(action));
  const all = requested.includes('*');
  return ACTIONS.filter((action) => (all || requested.includes(action)) && may(action));
}

/** Whether a token's access, which is only an upper bound, covers an action on a repository. */
export function tokenAllows(
  access: readonly TokenAccess[],
  name: RepositoryName,
  action: 'pull' | 'push' | 'delete',
): boolean {
  return access.some(
    (entry) =>
      entry.type === 'repository' &&
      entry.name === name &&
      (entry.actions.includes(action) ||
        entry.actions.includes('*') ||
        (action === 'delete' && entry.actions.includes('push'))),
  );
}
