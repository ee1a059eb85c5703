import type { Repository } from '../catalog/index.ts';
import type { Digest } from '../kernel/digest.ts';
import { AppError } from '../kernel/errors.ts';
import type { RequestContext } from '../platform/http/index.ts';
import { grantLease, recordBlob } from '../storage/index.ts';
import { answerEmpty } from './answer.ts';
import type { RegistryPorts, RegistrySettings } from './ports.ts';
import type { RepositoryAddress } from './route.ts';
import { deleteUpload } from './store.ts';

/**
 * Makes a complete upload a blob of the repository. The bytes are in their durable place before the database knows them, and
 * the database has committed before the client is told.
 * Errors: DIGEST_INVALID, after which the upload is gone.
 */
export async function finishUpload(
  ports: Pick<RegistryPorts, 'db' | 'storage'>,
  settings: Pick<RegistrySettings, 'pushLeaseMs'>,
  repository: Repository,
  upload: { readonly id: string; readonly sizeBytes: number },
  digest: Digest,
): Promise<void> {
  const stored = await ports.storage.uploads
    .finish(upload.id, upload.sizeBytes, digest)
    .catch(async (error: unknown) => {
      if (error instanceof AppError && (error.code === 'DIGEST_INVALID' || error.code === 'SIZE_INVALID')) {
        await discardUpload(ports, upload.id);
      }
      throw error;
    });
  await ports.db.transaction(async (tx) => {
    const blobId = await recordBlob(tx, stored);
    await grantLease(tx, { repositoryId: repository.id, blobId, forMs: settings.pushLeaseMs });
    await deleteUpload(tx, upload.id);
  });
}

/** Forgets an upload and its bytes: the row first, so that no request finds one whose bytes are going. */
export async function discardUpload(ports: Pick<RegistryPorts, 'db' | 'storage'>, uploadId: string): Promise<boolean> {
  const known = await ports.db.transaction((tx) => deleteUpload(tx, uploadId));
  await ports.storage.uploads.discard(uploadId);
  return known;
}

export function answerBlobCreated(context: RequestContext, address: RepositoryAddress, digest: Digest): void {
  answerEmpty(context, 201, {
    Location: `/v2/${address.requestedName}/blobs/${digest}`,
    'Docker-Content-Digest': digest,
  });
}
