export { storageBlobs } from './migrations/0002-storage-blobs.ts';
export type { StorageTables } from './tables.ts';
