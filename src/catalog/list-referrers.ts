import type { Digest } from '../kernel/digest.ts';
import type { Database } from '../platform/db/index.ts';
import type { ReferrerDescriptor, ReferrerPage, ReferrerQuery } from './model.ts';
import { digestsOfManifest, referrersOf } from './read-store.ts';
import type { ReferrerRow } from './read-store.ts';

/**
 * A page of the alive manifests whose subject this is (distribution-spec "Listing Referrers"), whether or not the subject
 * exists, and under whichever of its digests they name it.
 */
export async function listReferrers(
  db: Database,
  repositoryId: number,
  subject: Digest,
  query: ReferrerQuery,
): Promise<ReferrerPage> {
  const subjects = new Set([subject, ...(await digestsOfManifest(db, repositoryId, subject))]);
  const rows = await referrersOf(db, repositoryId, [...subjects], { ...query, limit: query.limit + 1 });
  const page = rows.slice(0, query.limit);
  return {
    referrers: page.map(toDescriptor),
    next: rows.length > query.limit ? (page.at(-1)?.digest as Digest | undefined) : undefined,
  };
}

function toDescriptor(row: ReferrerRow): ReferrerDescriptor {
  return {
    mediaType: row.media_type,
    size: row.size_bytes,
    digest: (row.digest_sha512 ?? row.digest) as Digest,
    artifactType: row.artifact_type ?? undefined,
    annotations: row.annotations === null ? undefined : (JSON.parse(row.annotations) as Record<string, string>),
  };
}
