import { type Actor, findLiveUser, type Reach, reachOf } from '../identity/index.ts';
import type { RepositoryName } from '../kernel/reference.ts';
import type { Database } from '../platform/db/index.ts';
import type { CatalogPolicy } from './config.ts';
import { readableRepositories } from './listing-store.ts';
import type { Reader } from './listing-store.ts';
import type { NamePage, RepositoryHit } from './model.ts';
import { RANK, rankCeiling } from './role-rank.ts';

/**
 * A page of the names the actor was granted, and with `publicCatalog` the public ones, bytewise sorted by full name
 * (distribution-spec "Listing repositories" of docker's API). Whoever may read everything gets all names.
 */
export async function listRepositories(
  db: Database,
  policy: CatalogPolicy,
  actor: Actor,
  page: NamePage,
): Promise<RepositoryName[]> {
  const reader = await readerFor(db, actor, policy, policy.publicCatalog);
  if (reader.user === undefined && !reader.includePublic) return [];
  const found = await readableRepositories(db, reader, page);
  return found.map((repository) => repository.name);
}

/**
 * Repositories the actor may read whose full name contains the text, upper and lower case alike; at most `limit`, bytewise
 * sorted. The caller has bounded text and limit.
 */
export async function searchRepositories(
  db: Database,
  policy: CatalogPolicy,
  actor: Actor,
  text: string,
  limit: number,
): Promise<RepositoryHit[]> {
  // Names hold no upper case.
  const slice = { containing: text.toLowerCase(), limit };
  const found = await readableRepositories(db, await readerFor(db, actor, policy, true), slice);
  return found.map((repository) => ({ ...repository, description: repository.description ?? '' }));
}

/** What of all repositories an actor may see. */
export async function readerFor(
  db: Database,
  actor: Actor,
  policy: CatalogPolicy,
  publicToo: boolean,
): Promise<Reader> {
  if (actor.kind === 'anonymous') {
    return { user: undefined, granted: false, includePublic: publicToo && policy.anonymousAccess, everything: false };
  }
  const granted = rankCeiling(actor) >= RANK.read;
  return {
    user: { id: actor.userId, passwordVersion: actor.passwordVersion },
    granted,
    includePublic: publicToo && (policy.anonymousAccess || granted),
    everything: (await liveReach(db, actor, policy)) !== 'none',
  };
}

async function liveReach(db: Database, actor: Actor, { standing: rules }: CatalogPolicy): Promise<Reach> {
  if (actor.kind !== 'user' || !rules.superusers) return 'none';
  const live = await findLiveUser(db, rules, actor.userId, actor.passwordVersion);
  return live === undefined ? 'none' : reachOf(rules, live, actor);
}
