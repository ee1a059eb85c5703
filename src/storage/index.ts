export { createBufferPool, type BufferPool } from './buffer-pool.ts';
export { storageBlobs } from './migrations/0002-storage-blobs.ts';
export { reachStorage, tryStorage } from './probe-storage.ts';
export type { BlobReader, BlobStore, StorageEngine, StoredBlob, UploadSink, UploadStore } from './ports.ts';
export { grantLease, recordBlob, renewLease, type BlobRow, type LeaseRequest } from './store.ts';
export type { StorageTables } from './tables.ts';
export { storageConfig, storageRules } from './config.ts';
