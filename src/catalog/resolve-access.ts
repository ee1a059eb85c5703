import {
  type AccountActor,
  type Actor,
  mayActAsSuperuser,
  NO_STANDING,
  type OAuthScope,
  type Reach,
  reachOf,
  type Standing,
  standingOf,
} from '../identity/index.ts';
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
 * read live in one query. Superusers have no rights beyond their own grants but by FEATURE_SUPERUSERS_FULL_ACCESS; read-only
 * superusers may read everything, and may change nothing outside their own namespace even where they were granted more.
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
  return {
    namespace,
    repository,
    userId: actor.kind === 'anonymous' ? 0 : actor.userId,
    credential: actor.kind === 'robot' ? (actor.credential ?? 0) : 0,
  };
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

  const standing = user === undefined ? NO_STANDING : standingOf(policy.standing, accountOf(user, row));
  const reach = reachOf(policy.standing, standing, actor);
  const own = user !== undefined && isOwnNamespace(user, row);
  const restricted = own && standing.restricted;
  const readsOnly = standing.readOnlySuperuser && !own;

  const mayCreate =
    user !== undefined &&
    namespace !== undefined &&
    !restricted &&
    !readsOnly &&
    (reach === 'full' || isCreator(user, row));
  const rank = Math.min(rankOf(policy, user, row, reach), readsOnly ? RANK.read : RANK.admin);
  return {
    name,
    repository,
    namespace,
    actorValid: anonymous || user !== undefined,
    anonymous,
    reach,
    restricted,
    role: repository === undefined || !(anonymous || user) ? 'none' : roleOfRank(rank),
    mayCreate,
    mayCreateByPush: mayCreate && (reach === 'full' || rankCeiling(user) >= RANK.write),
    mayCreateNamespace: namespace === undefined && mayCreateNamespace(policy, user, standing),
  };
}

/** By a push: as over the API, and by a token only with all that it takes there. */
function mayCreateNamespace(
  { createNamespaceOnPush, standing: rules }: CatalogPolicy,
  user: AccountActor | undefined,
  standing: Standing,
): boolean {
  if (!createNamespaceOnPush || user?.kind !== 'user') return false;
  const needed: readonly OAuthScope[] = ['user:admin', 'repo:create', 'repo:admin'];
  if (user.scopes !== undefined && !needed.every((scope) => user.scopes?.includes(scope))) return false;
  if (standing.superuser && mayActAsSuperuser(user)) return true;
  return !rules.onlySuperusersMakeOrganizations && !standing.restricted && !standing.readOnlySuperuser;
}

/** Live facts, for the name that came with a token may be an old one. */
function accountOf(user: AccountActor, row: AccessRow) {
  return { name: row.user_name ?? user.name, isRobot: user.kind === 'robot', superuser: row.superuser === 1 };
}

/** A robot has no namespace; its own is the user's it belongs to. */
function isOwnNamespace(user: AccountActor, row: AccessRow): boolean {
  if (user.kind === 'user') return row.namespace_id === user.userId;
  // By the ids: the name that was asked for may be a former one.
  return row.namespace_kind === 'user' && row.namespace_id === row.owner_id;
}

function isOwner(user: AccountActor, row: AccessRow): boolean {
  return row.namespace_id === user.userId || row.team_rank === TEAM_ADMIN;
}

function isCreator(user: AccountActor, row: AccessRow): boolean {
  const inScope = user.scopes === undefined || user.scopes.includes('repo:create');
  return inScope && (isOwner(user, row) || row.team_rank === TEAM_CREATOR);
}

/** Rank on a repository that is there; `user` undefined means anonymous. */
function rankOf(policy: CatalogPolicy, user: AccountActor | undefined, row: AccessRow, reach: Reach): number {
  if (reach === 'full') return RANK.admin;
  const ceiling = user === undefined ? RANK.none : rankCeiling(user);
  // What anyone may read needs no scope; without anonymous access "anyone" is everyone who has signed in.
  const open = row.visibility === 'public' && (policy.anonymousAccess || ceiling >= RANK.read);
  const granted = user !== undefined && isOwner(user, row) ? RANK.admin : (row.permission_rank ?? RANK.none);
  return Math.max(Math.min(granted, ceiling), open || reach === 'read' ? RANK.read : RANK.none);
}
