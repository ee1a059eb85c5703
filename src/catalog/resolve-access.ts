import type { Actor, OAuthScope } from '../identity/index.ts';
import type { RepositoryName } from '../kernel/reference.ts';
import { splitRepositoryName } from '../kernel/reference.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import { readAccess, readAccessInTransaction, TEAM_ADMIN, TEAM_CREATOR } from './access-store.ts';
import type { AccessKey, AccessRow } from './access-store.ts';
import type { CatalogPolicy } from './config.ts';
import type { RepositoryAccess } from './model.ts';

/** Grants as numbers, so that the strongest of several is their maximum. */
const ROLES = ['none', 'read', 'write', 'admin'] as const;
const READ = 1;
const WRITE = 2;
const ADMIN = 3;

/** The strongest role that a token with these scopes may use. */
function scopeCeiling(scopes: readonly OAuthScope[] | undefined): number {
  if (scopes === undefined || scopes.includes('repo:admin')) return ADMIN;
  if (scopes.includes('repo:write')) return WRITE;
  return scopes.includes('repo:read') ? READ : 0;
}

/**
 * The one authorization function of repositories: what the actor may do with this name, from everything that bears on it,
 * read live in one query. Superusers get no rights beyond their own grants.
 */
export async function resolveAccess(
  db: Database,
  policy: CatalogPolicy,
  actor: Actor,
  name: RepositoryName,
): Promise<RepositoryAccess> {
  return toAccess(policy, actor, name, await readAccess(db, accessKey(actor, name)));
}

/** The same inside a transaction, for use cases that create what they were asked for. */
export async function resolveAccessInTransaction(
  tx: Transaction,
  policy: CatalogPolicy,
  actor: Actor,
  name: RepositoryName,
): Promise<RepositoryAccess> {
  return toAccess(policy, actor, name, await readAccessInTransaction(tx, accessKey(actor, name)));
}

function accessKey(actor: Actor, name: RepositoryName): AccessKey {
  const { namespace, repository } = splitRepositoryName(name);
  // No account has the id 0, so that anonymous takes the same query.
  return { namespace, repository, userId: actor.kind === 'user' ? actor.userId : 0 };
}

function toAccess(policy: CatalogPolicy, actor: Actor, name: RepositoryName, row: AccessRow): RepositoryAccess {
  const user = actor.kind === 'user' && row.password_version === actor.passwordVersion ? actor : undefined;
  const anonymous = actor.kind === 'anonymous';
  const actorValid = anonymous || user !== undefined;
  const namespace =
    row.namespace_id === null || row.namespace_kind === null
      ? undefined
      : { id: row.namespace_id, kind: row.namespace_kind };
  const repository =
    namespace === undefined || row.repository_id === null || row.visibility === null || row.state === null
      ? undefined
      : { id: row.repository_id, namespaceId: namespace.id, visibility: row.visibility, state: row.state };

  const ceiling = user === undefined ? 0 : scopeCeiling(user.scopes);
  const owner = user !== undefined && namespace !== undefined && (namespace.id === user.userId || row.team_rank === TEAM_ADMIN);
  const mayCreate =
    user !== undefined &&
    namespace !== undefined &&
    (owner || row.team_rank === TEAM_CREATOR) &&
    (user.scopes === undefined || user.scopes.includes('repo:create'));
  let role = Math.min(owner ? ADMIN : (row.permission_rank ?? 0), ceiling);
  // What anyone may read needs no scope; without anonymous access "anyone" is everyone who has signed in.
  const readsPublic = actorValid && (policy.anonymousAccess || ceiling >= READ);
  if (repository?.visibility === 'public' && readsPublic) role = Math.max(role, READ);

  return {
    name,
    repository,
    namespace,
    actorValid,
    anonymous,
    superuser: user !== undefined && row.superuser === 1,
    role: repository === undefined ? 'none' : (ROLES[role] ?? 'none'),
    mayCreate,
    mayCreateByPush: mayCreate && ceiling >= WRITE,
  };
}
