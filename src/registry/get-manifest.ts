import { findManifestByDigest, findManifestByTag } from '../catalog/index.ts';
import type { Repository, StoredManifest } from '../catalog/index.ts';
import { AppError } from '../kernel/errors.ts';
import { auditActor } from '../identity/index.ts';
import type { RequestContext } from '../platform/http/index.ts';
import { answerBytes, answerEmpty } from './answer.ts';
import type { Caller } from './authenticate-request.ts';
import { matchesEntityTag } from './entity-tag.ts';
import type { RegistryPorts } from './ports.ts';
import type { ManifestReference, RepositoryAddress } from './route.ts';

/**
 * GET and HEAD of a manifest (distribution-spec "Pulling manifests"). Answers the stored bytes with the type they were pushed
 * with, whatever `Accept` asks for: converting would change the digest. Errors: MANIFEST_UNKNOWN; the
 * database's when pulls wait for their record.
 */
export async function getManifest(
  ports: Pick<RegistryPorts, 'db' | 'meters' | 'pulls'>,
  context: RequestContext,
  caller: Caller,
  address: RepositoryAddress & ManifestReference,
  repository: Repository,
): Promise<void> {
  const isPull = context.method === 'GET';
  const by = address.tag === undefined ? 'manifest' : 'tag';
  const manifest = await findManifest(ports, address, repository.id);
  if (manifest === undefined) {
    if (isPull) ports.meters.pulled(by, 404);
    throw manifestUnknown(address);
  }
  const digest = address.digest ?? manifest.digest;
  const headers = {
    'Content-Type': manifest.mediaType,
    'Docker-Content-Digest': digest,
    ETag: `"${digest}"`,
    // A tag may move at any moment; a digest never means anything else.
    'Cache-Control': address.tag === undefined ? 'private, max-age=31536000, immutable' : 'private, no-cache',
  };
  if (matchesEntityTag(context.req.headers['if-none-match'], digest)) {
    if (isPull) ports.meters.pulled(by, 304);
    answerEmpty(context, 304, headers);
    return;
  }
  if (isPull) {
    const recorded = ports.pulls.recordPull({
      kind: 'pull_repo',
      actor: auditActor(caller.actor),
      namespaceId: repository.namespaceId,
      repositoryId: repository.id,
      clientAddress: context.clientAddress,
      metadata: { repo: address.name, tag: address.tag, manifest_digest: manifest.digest },
    });
    // Waiting for nothing would still cost a turn.
    if (recorded !== undefined) await recorded;
    ports.meters.pulled(by, 200);
    ports.meters.sent(manifest.bytes.length);
  }
  answerBytes(context, 200, headers, manifest.bytes);
}

async function findManifest(
  ports: Pick<RegistryPorts, 'db'>,
  address: RepositoryAddress & ManifestReference,
  repositoryId: number,
): Promise<StoredManifest | undefined> {
  const { tag, digest } = address;
  if (tag !== undefined) return findManifestByTag(ports.db, repositoryId, tag);
  return digest === undefined ? undefined : findManifestByDigest(ports.db, repositoryId, digest);
}

function manifestUnknown({ tag, digest, requestedName }: RepositoryAddress & ManifestReference): AppError {
  return new AppError('MANIFEST_UNKNOWN', `There is no manifest "${tag ?? digest}" in "${requestedName}"`);
}
