import type { z } from 'zod';
import type { RepositoryAccess, RepositoryDetails, RepositoryRow, TagOverview } from '../../catalog/index.ts';
import type { listedRepository, shownRepository } from '../../contract/index.ts';
import { splitRepositoryName } from '../../kernel/reference.ts';
import { rfc2822 } from '../frame/dates.ts';

type Shown = z.infer<typeof shownRepository>;

/** Days that the statistics of a repository reach back, as in Quay. */
const STATS_DAYS = 91;
const DAY_MS = 24 * 3_600_000;

/**
 * A repository as `getRepo` shows it to whoever may read it.
 * @param defaultTagExpiration DEFAULT_TAG_EXPIRATION, in seconds
 */
export function showRepository(
  access: RepositoryAccess & { readonly repository: NonNullable<RepositoryAccess['repository']> },
  details: RepositoryDetails,
  defaultTagExpiration: number,
): Shown {
  const { namespace, repository: name } = splitRepositoryName(access.name);
  const { visibility, state } = access.repository;
  const isPublic = visibility === 'public';
  const writes = access.role === 'write' || access.role === 'admin';
  return {
    namespace,
    name,
    kind: 'image',
    description: details.description,
    is_public: isPublic,
    is_organization: access.namespace?.kind === 'organization',
    is_starred: false,
    status_token: isPublic ? '' : details.badgeToken,
    trust_enabled: false,
    tag_expiration_s: details.tagExpirationSeconds ?? defaultTagExpiration,
    is_free_account: true,
    state,
    can_write: writes && state === 'NORMAL',
    can_admin: access.role === 'admin',
  };
}

export function showTags(tags: readonly TagOverview[]): NonNullable<Shown['tags']> {
  const entries = tags.map((tag) => [
    tag.name,
    {
      name: tag.name,
      size: tag.sizeBytes ?? null,
      last_modified: rfc2822(tag.setAt),
      ...(tag.expiresAt === undefined ? {} : { expiration: rfc2822(tag.expiresAt) }),
      manifest_digest: tag.digest,
    },
  ]);
  return Object.fromEntries(entries) as NonNullable<Shown['tags']>;
}

/** Pulls and pushes a day, newest first, before today. Nobody counts them yet. */
export function showStats(now: number): NonNullable<Shown['stats']> {
  return Array.from({ length: STATS_DAYS }, (_, day) => ({
    date: new Date(now - (day + 1) * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length),
    count: 0,
  }));
}

/** @param asked for what the caller wants to know beside, and whether he has signed in */
export function listRepository(
  row: RepositoryRow,
  asked: { readonly tagTimes: boolean; readonly popularity: boolean; readonly signedIn: boolean },
): z.infer<typeof listedRepository> {
  return {
    namespace: row.namespace,
    name: row.name,
    description: row.description,
    is_public: row.visibility === 'public',
    kind: 'image',
    state: row.state,
    ...(asked.tagTimes
      ? { last_modified: row.last_tagged_at === null ? null : Math.floor(row.last_tagged_at / 1000) }
      : {}),
    ...(asked.popularity ? { popularity: 0 } : {}),
    ...(asked.signedIn ? { is_starred: false } : {}),
  };
}
