export { registryUploads } from './migrations/0006-registry-uploads.ts';
export { registryConfig } from './config.ts';
