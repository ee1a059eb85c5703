import { ensureRepository } from '../catalog/index.ts';
import type { Digest } from '../kernel/digest.ts';
import { AppError } from '../kernel/errors.ts';
import type { RequestContext } from '../platform/http/index.ts';
import { grantLease, recordBlob } from '../storage/index.ts';
import { answerEmpty } from './answer.ts';
import type { Caller } from './authenticate-request.ts';
import type { RegistryPorts, RegistrySettings } from './ports.ts';
import type { RepositoryAddress } from './route.ts';
import { deleteUpload } from './store.ts';
import type { Upload } from './store.ts';
import { uploadUnknown } from './upload-request.ts';

/**
 * Makes a complete upload a blob of the repository, which is created by a first push in one request. The bytes are in their
 * durable place before the database knows them, and the database has committed before the client is told. Sending them may
 * have taken hours, so whether the caller may push is asked once more.
 * Errors: DIGEST_INVALID, after which the upload is gone; BLOB_UPLOAD_UNKNOWN when the repository is; UNAUTHORIZED, DENIED.
 */
export async function finishUpload(
  ports: Pick<RegistryPorts, 'db' | 'meters' | 'policy' | 'storage'>,
  settings: Pick<RegistrySettings, 'pushLeaseMs'>,
  push: { readonly caller: Caller; readonly address: RepositoryAddress; readonly clientAddress: string },
  upload: Pick<Upload, 'id' | 'storageId' | 'repositoryId' | 'sizeBytes'>,
  digest: Digest,
): Promise<void> {
  const stored = await ports.storage.uploads
    .finish(upload.storageId, upload.sizeBytes, digest)
    .catch(async (error: unknown) => {
      if (error instanceof AppError && (error.code === 'DIGEST_INVALID' || error.code === 'SIZE_INVALID')) {
        await discardUpload(ports, upload.id);
      }
      throw error;
    });
  await ports.db.transaction(async (tx) => {
    const { caller, address, clientAddress } = push;
    const repository = await ensureRepository(tx, ports.policy, caller.actor, address.name, clientAddress);
    // Deleted meanwhile: the name may mean another repository now, which this upload was not begun in.
    if (upload.repositoryId !== undefined && upload.repositoryId !== repository.id) throw uploadUnknown(upload.id);
    const blobId = await recordBlob(tx, stored);
    await grantLease(tx, { repositoryId: repository.id, blobId, forMs: settings.pushLeaseMs });
    await deleteUpload(tx, upload.id);
  });
  ports.meters.received(stored.sizeBytes);
}

/** Forgets an upload and its bytes: the row first, so that no request finds one whose bytes are going. */
export async function discardUpload(ports: Pick<RegistryPorts, 'db' | 'storage'>, uploadId: string): Promise<boolean> {
  const storageId = await ports.db.transaction((tx) => deleteUpload(tx, uploadId));
  await ports.storage.uploads.discard(storageId ?? uploadId);
  return storageId !== undefined;
}

export function answerBlobCreated(context: RequestContext, address: RepositoryAddress, digest: Digest): void {
  answerEmpty(context, 201, {
    Location: `/v2/${address.requestedName}/blobs/${digest}`,
    'Docker-Content-Digest': digest,
  });
}
