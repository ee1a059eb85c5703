import type { Repository } from '../catalog/index.ts';
import { AppError } from '../kernel/errors.ts';
import type { RequestContext } from '../platform/http/index.ts';
import { answerEmpty } from './answer.ts';
import type { Caller } from './authenticate-request.ts';
import { answerBlobCreated, discardUpload, finishUpload } from './finish-upload.ts';
import type { RegistryPorts, RegistrySettings } from './ports.ts';
import { receiveChunk, recordProgress } from './receive-chunk.ts';
import type { RepositoryAddress } from './route.ts';
import { optionalDigest } from './start-upload.ts';
import { findUpload } from './store.ts';
import type { Upload } from './store.ts';
import type { UploadLocks } from './upload-locks.ts';
import { writeUpload } from './write-upload.ts';
import { bringsBody, checkChunk, uploadHeaders, uploadUnknown } from './upload-request.ts';

type Ports = Pick<RegistryPorts, 'db' | 'meters' | 'policy' | 'storage' | 'clock'>;
type UploadAddress = RepositoryAddress & { readonly uploadId: string };

/** Requests to an upload that was started: GET or HEAD, PATCH, PUT, DELETE. Errors: BLOB_UPLOAD_UNKNOWN, BLOB_UPLOAD_BUSY. */
export function handleUpload(
  ports: Ports,
  settings: RegistrySettings,
  locks: UploadLocks,
  context: RequestContext,
  caller: Caller,
  address: UploadAddress,
  repository: Repository,
): Promise<void> {
  if (context.method === 'PATCH') return appendUpload(ports, settings, locks, context, address, repository);
  if (context.method === 'PUT') return closeUpload(ports, settings, locks, context, caller, address, repository);
  if (context.method === 'DELETE') return cancelUpload(ports, locks, context, address, repository);
  return answerUploadStatus(ports, context, address, repository);
}

/** Tells where an upload stands. */
async function answerUploadStatus(
  ports: Ports,
  context: RequestContext,
  address: UploadAddress,
  repository: Repository,
): Promise<void> {
  answerEmpty(context, 204, uploadHeaders(address, await requireUpload(ports, address, repository)));
}

/** PATCH: takes one chunk, or with no `Content-Range` a stream of any length. The bytes are durable before 202. */
async function appendUpload(
  ports: Ports,
  settings: RegistrySettings,
  locks: UploadLocks,
  context: RequestContext,
  address: UploadAddress,
  repository: Repository,
): Promise<void> {
  const sizeBytes = await writeUpload(ports, locks, repository.id, address.uploadId, async (upload) => {
    const expected = checkChunk(context.req.headers, address, upload, settings.maximumLayerSizeBytes);
    const size = await receiveChunk(ports, settings, context, upload, expected, { durable: true });
    await recordProgress(ports, settings, upload, size);
    return size;
  });
  answerEmpty(context, 202, uploadHeaders(address, { id: address.uploadId, sizeBytes }));
}

/** PUT: takes the last bytes, if any, and makes the upload a blob. Errors: DIGEST_INVALID, RANGE_INVALID, … */
async function closeUpload(
  ports: Ports,
  settings: RegistrySettings,
  locks: UploadLocks,
  context: RequestContext,
  caller: Caller,
  address: UploadAddress,
  repository: Repository,
): Promise<void> {
  const digest = optionalDigest(new URLSearchParams(context.query).get('digest'));
  if (digest === undefined) {
    throw new AppError('DIGEST_INVALID', 'The upload cannot be finished without the "digest" parameter');
  }
  const push = { caller, address, clientAddress: context.clientAddress };
  await writeUpload(ports, locks, repository.id, address.uploadId, async (upload) => {
    const sizeBytes = await takeLastChunk(ports, settings, context, address, upload);
    await finishUpload(ports, settings, push, { ...upload, sizeBytes }, digest);
  });
  answerBlobCreated(context, address, digest);
}

/** DELETE of an upload: forgets it and its bytes (distribution-spec "Cancel a blob upload"). */
async function cancelUpload(
  ports: Ports,
  locks: UploadLocks,
  context: RequestContext,
  address: UploadAddress,
  repository: Repository,
): Promise<void> {
  await locks.hold(address.uploadId, async () => {
    await requireUpload(ports, address, repository);
    await discardUpload(ports, address.uploadId);
  });
  answerEmpty(context, 204, {});
}

async function takeLastChunk(
  ports: Ports,
  settings: RegistrySettings,
  context: RequestContext,
  address: UploadAddress,
  upload: Upload,
): Promise<number> {
  const { headers } = context.req;
  const hasRange = headers['content-range'] !== undefined;
  // An upload that has nothing yet is still opened, as the blob may be the empty one.
  if (upload.sizeBytes > 0 && !bringsBody(headers) && !hasRange) return upload.sizeBytes;
  const expected = checkChunk(headers, address, upload, settings.maximumLayerSizeBytes);
  return receiveChunk(ports, settings, context, upload, expected, { durable: false });
}

async function requireUpload(ports: Ports, address: UploadAddress, repository: Repository): Promise<Upload> {
  const upload = await findUpload(ports.db, repository.id, address.uploadId);
  if (upload === undefined) throw uploadUnknown(address.uploadId);
  return upload;
}
