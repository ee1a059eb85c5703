import type { Tag } from '../kernel/reference.ts';
import { isIndexType } from '../kernel/media-types.ts';
import type { Database } from '../platform/db/index.ts';
import { readRepositoryDetails } from './repository-store.ts';
import { newestTagsQuery } from './tag-store.ts';

export interface RepositoryDetails {
  /** null: there has never been one. */
  readonly description: string | null;
  /** Opens the badge of a private repository; '' where a version before has created it just now. */
  readonly badgeToken: string;
  /** How long its deleted tags can be brought back; undefined: as long as everywhere (DEFAULT_TAG_EXPIRATION). */
  readonly tagExpirationSeconds: number | undefined;
}

/** undefined: it has been deleted. */
export async function findRepositoryDetails(
  db: Database,
  repositoryId: number,
): Promise<RepositoryDetails | undefined> {
  const row = await readRepositoryDetails(db, repositoryId);
  if (row === undefined) return undefined;
  return {
    description: row.description,
    badgeToken: row.badge_token ?? '',
    tagExpirationSeconds: row.tag_expiration_s ?? undefined,
  };
}

export interface TagOverview {
  readonly name: Tag;
  readonly digest: string;
  /** Of the layers, as they are stored; undefined for an index, whose entries have sizes of their own. */
  readonly sizeBytes: number | undefined;
  readonly setAt: number;
  readonly expiresAt: number | undefined;
}

/** The alive tags that were set last, newest first. The caller has bounded the limit. */
export async function listNewestTags(
  db: Database,
  repositoryId: number,
  limit: number,
): Promise<readonly TagOverview[]> {
  const rows = await newestTagsQuery(db, repositoryId, limit, await db.now()).execute();
  return rows.map((row) => ({
    name: row.name as Tag,
    digest: row.digest,
    sizeBytes: isIndexType(row.media_type) ? undefined : (row.layers_size_bytes ?? 0),
    setAt: row.start_at,
    expiresAt: row.expires_at ?? undefined,
  }));
}
