export { registryUploads } from './migrations/0006-registry-uploads.ts';
