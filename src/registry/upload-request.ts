import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '../kernel/errors.ts';
import { formatUploadRange, parseContentRange } from './content-range.ts';
import type { RepositoryAddress } from './route.ts';
import type { Upload } from './store.ts';

/** The headers that tell a client where its upload stands. `Location` carries no state: the id is all there is. */
export function uploadHeaders(
  address: RepositoryAddress,
  upload: Pick<Upload, 'id' | 'sizeBytes'>,
): { Location: string; Range: string; 'Docker-Upload-UUID': string } {
  return {
    Location: `/v2/${address.requestedName}/blobs/uploads/${upload.id}`,
    Range: formatUploadRange(upload.sizeBytes),
    'Docker-Upload-UUID': upload.id,
  };
}

export function uploadUnknown(uploadId: string): AppError {
  return new AppError(
    'BLOB_UPLOAD_UNKNOWN',
    `There is no upload "${uploadId}" here; it was finished, cancelled or has expired`,
  );
}

export function layerTooLarge(maximumBytes: number): AppError {
  return new AppError('LAYER_TOO_LARGE', `A blob may have ${maximumBytes} bytes here (MAXIMUM_LAYER_SIZE)`);
}

/** What the headers of a request say about the bytes it brings. */
export interface ChunkExpectation {
  /** undefined: only the end of the body will tell. */
  readonly sizeBytes: number | undefined;
}

/**
 * Checks a chunk before any of it is read: it must continue the upload where it stands, be as long as its range says, and
 * leave the blob within the limit (distribution-spec "Pushing a blob in chunks").
 * Errors: RANGE_INVALID with the upload's place, BLOB_UPLOAD_INVALID, SIZE_INVALID, LAYER_TOO_LARGE.
 */
export function checkChunk(
  headers: IncomingHttpHeaders,
  address: RepositoryAddress,
  upload: Pick<Upload, 'id' | 'sizeBytes'>,
  maximumBytes: number,
): ChunkExpectation {
  const announced = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  const text = headers['content-range'];
  let sizeBytes = announced;
  if (text !== undefined) {
    const range = parseContentRange(text);
    if (range === undefined) {
      throw new AppError('BLOB_UPLOAD_INVALID', 'Content-Range is malformed; send "<first byte>-<last byte>"');
    }
    if (range.first !== upload.sizeBytes) {
      throw new AppError(
        'RANGE_INVALID',
        `The upload has ${upload.sizeBytes} bytes; go on with byte ${upload.sizeBytes}, not ${range.first}`,
        { headers: uploadHeaders(address, upload) },
      );
    }
    sizeBytes = range.last - range.first + 1;
    if (announced !== undefined && announced !== sizeBytes) {
      throw new AppError('SIZE_INVALID', `Content-Range names ${sizeBytes} bytes but Content-Length ${announced}`);
    }
  }
  if (upload.sizeBytes + (sizeBytes ?? 0) > maximumBytes) throw layerTooLarge(maximumBytes);
  return { sizeBytes };
}

/** Whether a body comes with the request, even if it turns out to be empty. */
export function bringsBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
