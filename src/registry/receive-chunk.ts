import { AppError } from '../kernel/errors.ts';
import type { RequestContext } from '../platform/http/index.ts';
import type { RegistryPorts, RegistrySettings } from './ports.ts';
import { receiveBody } from './receive-body.ts';
import { advanceUpload } from './store.ts';
import type { Upload } from './store.ts';
import { layerTooLarge } from './upload-request.ts';
import type { ChunkExpectation } from './upload-request.ts';

type Ports = Pick<RegistryPorts, 'db' | 'storage' | 'clock'>;
type Settings = Pick<RegistrySettings, 'maximumLayerSizeBytes' | 'uploadLifetimeMs'>;

/**
 * Takes the body of a request into an upload and returns the upload's new size in bytes.
 *
 * When the client goes away in the middle, what arrived is made durable and recorded, so that the client can ask for the
 * upload's place and go on from there. Errors: CLIENT_CLOSED_REQUEST, SIZE_INVALID, LAYER_TOO_LARGE (nothing of this request
 * is kept in both), BLOB_UPLOAD_UNKNOWN, STORAGE_FULL, STORAGE_FAILED.
 */
export async function receiveChunk(
  ports: Ports,
  settings: Settings,
  context: RequestContext,
  upload: Upload,
  expected: ChunkExpectation,
  options: { readonly durable: boolean },
): Promise<number> {
  const sink = await ports.storage.uploads.append(upload.storageId, upload.sizeBytes, upload.algorithm);
  const maxBytes = settings.maximumLayerSizeBytes - upload.sizeBytes;
  context.acceptBody();
  const body = await receiveBody(context.req, sink, { clock: ports.clock, maxBytes });
  if (body.end === 'interrupted') {
    await recordProgress(ports, settings, upload, await sink.end({ durable: true }));
    throw body.error;
  }
  if (body.end !== 'complete') {
    await sink.abort();
    throw body.end === 'refused' ? layerTooLarge(settings.maximumLayerSizeBytes) : body.error;
  }
  if (expected.sizeBytes !== undefined && body.bytes !== expected.sizeBytes) {
    await sink.abort();
    throw new AppError('SIZE_INVALID', `${expected.sizeBytes} bytes were announced but ${body.bytes} came`);
  }
  return sink.end(options);
}

/** Errors: BLOB_UPLOAD_BUSY when another process has changed the upload meanwhile. */
export async function recordProgress(
  ports: Pick<RegistryPorts, 'db'>,
  settings: Pick<RegistrySettings, 'uploadLifetimeMs'>,
  upload: Upload,
  sizeBytes: number,
): Promise<void> {
  const advanced = await ports.db.transaction((tx) => advanceUpload(tx, upload, sizeBytes, settings.uploadLifetimeMs));
  if (!advanced) {
    throw new AppError(
      'BLOB_UPLOAD_BUSY',
      'Another server was writing to this upload; ask where it stands and go on from there',
    );
  }
}
