import type { Digest } from '../kernel/digest.ts';
import { AppError } from '../kernel/errors.ts';
import type { Transaction } from '../platform/db/index.ts';
import { lockRepository } from './lock-repository.ts';
import { aliveManifests, linkBlobs, linkChildren, readableBlobs, upsertManifest } from './manifest-store.ts';
import type { Addressed } from './manifest-store.ts';
import type { PutManifest, PutManifestResult } from './model.ts';
import { moveTag } from './tag-interval.ts';

/** Missing digests named in an error at most. */
const NAMED_IN_ERROR = 100;

/**
 * Stores a manifest, revives it if it was deleted, and points the tags at it; all or nothing. Everything it refers to must be
 * in the repository already (distribution-spec "Pushing Manifests"); a subject need not.
 * Errors: MANIFEST_BLOB_UNKNOWN (its detail lists the digests), NAME_UNKNOWN when the repository is gone.
 */
export async function putManifest(tx: Transaction, input: PutManifest): Promise<PutManifestResult> {
  const { repositoryId, record } = input;
  const { namespaceId } = await lockRepository(tx, repositoryId);
  const now = await tx.now();

  const named = unique([...record.blobs, ...record.optionalBlobs]);
  const blobs = matchAll(record.blobs, await readableBlobs(tx, repositoryId, named, now));
  const children = matchAll(record.children, await aliveManifests(tx, repositoryId, unique(record.children)));
  const missing = [...blobs.missing, ...children.missing];
  if (missing.length > 0) throw unknownParts(missing, blobs.missing.length);

  const manifestId = await upsertManifest(tx, repositoryId, record, { now, keptUntil: now + input.keepForMs });
  await linkBlobs(tx, { manifestId, repositoryId, namespaceId }, blobs.ids);
  await linkChildren(tx, manifestId, children.ids);

  const tags: PutManifestResult['tags'][number][] = [];
  for (const name of new Set(input.tags)) {
    tags.push({ name, change: await moveTag(tx, { repositoryId, name, manifestId }, now) });
  }
  return { manifestId, tags };
}

function unique(digests: readonly Digest[]): Digest[] {
  return [...new Set(digests)];
}

/** Pairs what was asked for with what is there: a row answers to its sha256 and, where it has one, its sha512. */
function matchAll(wanted: readonly Digest[], found: readonly Addressed[]): { ids: number[]; missing: Digest[] } {
  const known = new Set<string>();
  const ids = new Set<number>();
  for (const row of found) {
    known.add(row.digest);
    if (row.digestSha512 !== null) known.add(row.digestSha512);
    ids.add(row.id);
  }
  return {
    ids: [...ids].toSorted((a, b) => a - b),
    missing: unique(wanted).filter((digest) => !known.has(digest)),
  };
}

function unknownParts(missing: readonly Digest[], blobs: number): AppError {
  const what = blobs > 0 ? 'blobs' : 'manifests';
  return new AppError(
    'MANIFEST_BLOB_UNKNOWN',
    `The manifest refers to ${what} that are not in this repository; push them first, for example ${missing[0]}`,
    { detail: missing.slice(0, NAMED_IN_ERROR).map((digest) => ({ digest })) },
  );
}
