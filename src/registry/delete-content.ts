import { recordAudit } from '../audit/index.ts';
import { deleteBlob, deleteManifest, deleteTag } from '../catalog/index.ts';
import type { Repository } from '../catalog/index.ts';
import type { Digest } from '../kernel/digest.ts';
import { auditActor } from '../identity/index.ts';
import type { RequestContext } from '../platform/http/index.ts';
import { answerEmpty } from './answer.ts';
import type { Caller } from './authenticate-request.ts';
import type { RegistryPorts } from './ports.ts';
import type { ManifestReference, RepositoryAddress } from './route.ts';

/**
 * DELETE of a tag, or of a manifest with all its tags (distribution-spec "Content Management"). Errors: MANIFEST_UNKNOWN.
 */
export async function deleteManifestOrTag(
  ports: Pick<RegistryPorts, 'db'>,
  context: RequestContext,
  caller: Caller,
  address: RepositoryAddress & ManifestReference,
  repository: Repository,
): Promise<void> {
  const { tag, digest } = address;
  await ports.db.transaction(async (tx) => {
    if (tag !== undefined) await deleteTag(tx, repository.id, tag);
    else if (digest !== undefined) await deleteManifest(tx, repository.id, digest);
    await recordAudit(tx, {
      kind: 'delete_tag',
      actor: auditActor(caller.actor),
      namespaceId: repository.namespaceId,
      repositoryId: repository.id,
      clientAddress: context.clientAddress,
      metadata: { repo: address.name, tag, manifest_digest: digest },
    });
  });
  answerEmpty(context, 202, {});
}

/** DELETE of a blob that no manifest of the repository uses. Errors: BLOB_IN_USE, BLOB_UNKNOWN. */
export async function deleteRepositoryBlob(
  ports: Pick<RegistryPorts, 'db'>,
  context: RequestContext,
  digest: Digest,
  repository: Repository,
): Promise<void> {
  await ports.db.transaction((tx) => deleteBlob(tx, repository.id, digest));
  answerEmpty(context, 202, {});
}
