export { createBufferPool, type BufferPool } from './buffer-pool.ts';
export { storageBlobs } from './migrations/0002-storage-blobs.ts';
export type { BlobReader, BlobStore, StorageEngine, StoredBlob, UploadSink, UploadStore } from './ports.ts';
export {
  findBlobByDigest,
  grantLease,
  leaseHolds,
  recordBlob,
  renewLease,
  type BlobRow,
  type LeaseRequest,
} from './store.ts';
export type { StorageTables } from './tables.ts';
export { isUploadId } from './upload-id.ts';
export { storageConfig, storageRules } from './config.ts';
