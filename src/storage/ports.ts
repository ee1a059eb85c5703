import type { Digest, DigestAlgorithm } from '../kernel/digest.ts';

/** Positional access to the bytes of one stored blob. Owned by the caller of `open`, who closes it exactly once. */
export interface BlobReader {
  readonly sizeBytes: number;
  /**
   * Fills `target` from `position` (bytes from the start of the blob) and returns how many bytes were read; fewer than asked
   * only at the end of the stored bytes, 0 beyond it. One call at a time.
   */
  read(target: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

/** Finished blobs, addressed by their sha256. What is visible here is complete and durable. */
export interface BlobStore {
  /** Size in bytes, or undefined when there is no such blob. */
  stat(sha256: Digest): Promise<number | undefined>;
  open(sha256: Digest): Promise<BlobReader | undefined>;
  /** Returns whether there was such a blob. */
  remove(sha256: Digest): Promise<boolean>;
}

/** What a finished upload turned out to be. sha512 is only known when it was asked for. */
export interface StoredBlob {
  readonly sha256: Digest;
  readonly sha512: Digest | undefined;
  readonly sizeBytes: number;
}

/** Takes the bytes of one request body into an upload. Exactly one of `end` and `abort` is called, once. */
export interface UploadSink {
  /**
   * Takes the chunk, which the caller may reuse after the call returned (and its promise, if any, resolved). A returned
   * promise asks the caller to wait for it before the next chunk; it rejects when the storage has failed.
   */
  write(chunk: Uint8Array): Promise<void> | undefined;
  /**
   * Resolves with the size of the whole upload in bytes when everything has been handed to the storage; with `durable`,
   * when it also survives a power cut.
   */
  end(options: { readonly durable: boolean }): Promise<number>;
  /** Drops the bytes taken by this sink; the upload stands where it stood before. */
  abort(): Promise<void>;
}

/**
 * Uploads in progress, addressed by a UUID. Any process may continue an upload; whoever holds no running hash state reads
 * the bytes once more at the end. Callers see to it that an upload has one writer at a time.
 */
export interface UploadStore {
  /**
   * Opens an upload for writing at `offset` bytes; bytes stored beyond it are dropped. Offset 0 creates it.
   * `algorithm` is the digest algorithm the client announced; sha256 is always summed.
   * Errors: BLOB_UPLOAD_UNKNOWN when fewer than `offset` bytes are stored; STORAGE_FULL, STORAGE_FAILED.
   */
  append(uploadId: string, offset: number, algorithm: DigestAlgorithm): Promise<UploadSink>;
  /**
   * Ends an upload: data durable, sums compared, bytes moved to their place, place durable. Afterwards the upload is gone.
   * Errors: DIGEST_INVALID when the content is not `expected`, SIZE_INVALID when it is not `sizeBytes` long (in both cases
   * the bytes are kept until `discard`); BLOB_UPLOAD_UNKNOWN; STORAGE_FULL, STORAGE_FAILED.
   */
  finish(uploadId: string, sizeBytes: number, expected: Digest): Promise<StoredBlob>;
  /**
   * Copies the first `sizeBytes` of an upload to a new one of the id `forkId`, durably: whoever still writes to the first
   * cannot touch the second. Errors: BLOB_UPLOAD_UNKNOWN when fewer are stored; STORAGE_FULL, STORAGE_FAILED.
   */
  fork(uploadId: string, forkId: string, sizeBytes: number): Promise<void>;
  /** Removes an upload and its bytes; nothing happens when there is none. */
  discard(uploadId: string): Promise<void>;
  /** The ids of all uploads that have bytes, for reconciling with rows. */
  list(): AsyncIterable<string>;
}

/** One storage engine (local disk, memory, S3, …). */
export interface StorageEngine {
  readonly blobs: BlobStore;
  readonly uploads: UploadStore;
  close(): Promise<void>;
}
