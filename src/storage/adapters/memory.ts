import { digestAlgorithm, type Digest } from '../../kernel/digest.ts';
import { AppError } from '../../kernel/errors.ts';
import type { BlobReader, BlobStore, StorageEngine, StoredBlob, UploadSink, UploadStore } from '../ports.ts';
import { isUploadId } from '../upload-id.ts';
import { checkDigest, checkSize } from './check-content.ts';
import { unknownUpload } from './local-layout.ts';
import { RunningSums } from './running-sums.ts';

/** Blobs and uploads in the memory of this process, for tests. Behaves like any engine; keeps nothing. */
export function createMemoryStorage(): StorageEngine {
  const blobs = new Map<Digest, Uint8Array>();
  return { blobs: memoryBlobs(blobs), uploads: memoryUploads(blobs), close: () => Promise.resolve() };
}

function memoryBlobs(blobs: Map<Digest, Uint8Array>): BlobStore {
  return {
    stat: (sha256) => Promise.resolve(blobs.get(sha256)?.byteLength),
    open(sha256) {
      const bytes = blobs.get(sha256);
      return Promise.resolve(bytes === undefined ? undefined : memoryReader(bytes));
    },
    remove: (sha256) => Promise.resolve(blobs.delete(sha256)),
  };
}

function memoryReader(bytes: Uint8Array): BlobReader {
  return {
    sizeBytes: bytes.byteLength,
    read(target, position) {
      const part = bytes.subarray(position, position + target.byteLength);
      target.set(part);
      return Promise.resolve(part.byteLength);
    },
    close: () => Promise.resolve(),
  };
}

function memoryUploads(blobs: Map<Digest, Uint8Array>): UploadStore {
  const uploads = new Map<string, Uint8Array>();
  return {
    append(uploadId, offset) {
      const stored = uploads.get(uploadId)?.byteLength ?? 0;
      if (!isUploadId(uploadId) || stored < offset) return Promise.reject(unknownUpload(uploadId));
      return Promise.resolve(memorySink(uploads, uploadId, offset));
    },
    async finish(uploadId, sizeBytes, expected) {
      const bytes = uploads.get(uploadId);
      if (bytes === undefined) throw unknownUpload(uploadId);
      checkSize(bytes.byteLength, sizeBytes);
      const sums = RunningSums.start(digestAlgorithm(expected));
      sums.update(bytes);
      const blob: StoredBlob = { ...sums.digests(), sizeBytes };
      checkDigest(blob, expected);
      blobs.set(blob.sha256, bytes);
      uploads.delete(uploadId);
      return Promise.resolve(blob);
    },
    fork(uploadId, forkId, sizeBytes) {
      const bytes = uploads.get(uploadId);
      if (bytes === undefined || bytes.byteLength < sizeBytes) return Promise.reject(unknownUpload(uploadId));
      uploads.set(forkId, bytes.slice(0, sizeBytes));
      return Promise.resolve();
    },
    discard(uploadId) {
      uploads.delete(uploadId);
      return Promise.resolve();
    },
    async *list() {
      yield* uploads.keys();
    },
  };
}

function memorySink(uploads: Map<string, Uint8Array>, uploadId: string, offset: number): UploadSink {
  const start = uploads.get(uploadId)?.subarray(0, offset) ?? new Uint8Array();
  const chunks: Uint8Array[] = [start];
  let usable = true;
  function close(): void {
    if (!usable) throw new AppError('STORAGE_FAILED', 'The upload was used after its end');
    usable = false;
  }
  return {
    write(chunk) {
      // A Buffer's own slice() would be a view of the same memory.
      chunks.push(new Uint8Array(chunk));
      return undefined;
    },
    async end() {
      close();
      const bytes = Buffer.concat(chunks);
      uploads.set(uploadId, bytes);
      return Promise.resolve(bytes.byteLength);
    },
    async abort() {
      close();
      if (offset === 0) uploads.delete(uploadId);
      else uploads.set(uploadId, start);
      return Promise.resolve();
    },
  };
}
