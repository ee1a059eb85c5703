import type { Actor } from '../identity/index.ts';
import type { Database } from '../platform/db/index.ts';
import type { CatalogPolicy } from './config.ts';
import { readerFor } from './list-repositories.ts';
import { findNamespaceId, pageOfRepositories, readHoldings, type RepositoryRow } from './repository-page-store.ts';

export interface VisibleRepositories {
  /** Only those of this namespace; undefined: of any. */
  readonly namespace?: string | undefined;
  /** Also what everybody may see, not only what the actor was granted. */
  readonly publicToo: boolean;
  /** Whether to tell when each was last tagged. */
  readonly tagTimes: boolean;
  /** The `next` of the page before; undefined: the first page. */
  readonly afterId?: number | undefined;
  /** 1 to 1000. */
  readonly limit: number;
}

export interface VisiblePage {
  readonly repositories: readonly RepositoryRow[];
  /** undefined: this is the last page. */
  readonly next: number | undefined;
}

/**
 * A page of the repositories that the actor may see, by their age. A namespace that is not there has none, and none that
 * can be seen.
 */
export async function listVisibleRepositories(
  db: Database,
  policy: CatalogPolicy,
  actor: Actor,
  wanted: VisibleRepositories,
): Promise<VisiblePage> {
  const reader = await readerFor(db, actor, policy, wanted.publicToo);
  const namespaceId = wanted.namespace === undefined ? undefined : await findNamespaceId(db, wanted.namespace);
  if (wanted.namespace !== undefined && namespaceId === undefined) return { repositories: [], next: undefined };
  const { user, granted } = reader;
  const rows = await pageOfRepositories(db, reader, {
    namespaceId,
    holdings: user !== undefined && granted ? await readHoldings(db, user.id, namespaceId) : undefined,
    afterId: wanted.afterId ?? 0,
    limit: wanted.limit + 1,
    taggedBefore: wanted.tagTimes ? await db.now() : undefined,
  });
  const repositories = rows.slice(0, wanted.limit);
  return { repositories, next: rows.length > wanted.limit ? repositories.at(-1)?.id : undefined };
}
