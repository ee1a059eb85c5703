import type { AccountActor, Actor } from '../identity/index.ts';
import type { RepositoryName } from '../kernel/reference.ts';
import { splitRepositoryName } from '../kernel/reference.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import { readAccess, readAccessInTransaction, TEAM_ADMIN, TEAM_CREATOR } from './access-store.ts';
import type { AccessKey, AccessRow } from './access-store.ts';
import type { CatalogPolicy } from './config.ts';
import type { RepositoryAccess } from './model.ts';
import { RANK, rankCeiling, roleOfRank } from './role-rank.ts';

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
  return { namespace, repository, userId: actor.kind === 'anonymous' ? 0 : actor.userId };
}

function toAccess(policy: CatalogPolicy, actor: Actor, name: RepositoryName, row: AccessRow): RepositoryAccess {
  const anonymous = actor.kind === 'anonymous';
  const user = actor.kind !== 'anonymous' && row.password_version === actor.passwordVersion ? actor : undefined;
  const namespace =
    row.namespace_id === null || row.namespace_kind === null
      ? undefined
      : { id: row.namespace_id, kind: row.namespace_kind };
  const repository =
    namespace === undefined || row.repository_id === null || row.visibility === null || row.state === null
      ? undefined
      : { id: row.repository_id, namespaceId: namespace.id, visibility: row.visibility, state: row.state };

  const mayCreate = user !== undefined && isCreator(user, row);
  return {
    name,
    repository,
    namespace,
    actorValid: anonymous || user !== undefined,
    anonymous,
    superuser: user !== undefined && row.superuser === 1,
    role: repository === undefined || !(anonymous || user) ? 'none' : roleOfRank(rankOf(policy, user, row)),
    mayCreate,
    mayCreateByPush: mayCreate && rankCeiling(user) >= RANK.write,
  };
}

function isOwner(user: AccountActor, row: AccessRow): boolean {
  return row.namespace_id === user.userId || row.team_rank === TEAM_ADMIN;
}

function isCreator(user: AccountActor, row: AccessRow): boolean {
  const inScope = user.scopes === undefined || user.scopes.includes('repo:create');
  return inScope && (isOwner(user, row) || row.team_rank === TEAM_CREATOR);
}

/** Rank on a repository that is there; `user` undefined means anonymous. */
function rankOf(policy: CatalogPolicy, user: AccountActor | undefined, row: AccessRow): number {
  const ceiling = user === undefined ? RANK.none : rankCeiling(user);
  // What anyone may read needs no scope; without anonymous access "anyone" is everyone who has signed in.
  const open = row.visibility === 'public' && (policy.anonymousAccess || ceiling >= RANK.read);
  const granted = user !== undefined && isOwner(user, row) ? RANK.admin : (row.permission_rank ?? RANK.none);
  return Math.max(Math.min(granted, ceiling), open ? RANK.read : RANK.none);
}
