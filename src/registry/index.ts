export { registryConfig } from './config.ts';
export { createRegistry, type Registry } from './create-registry.ts';
export { registryUploads } from './migrations/0006-registry-uploads.ts';
export { registryUploadWriters } from './migrations/0007-registry-upload-writers.ts';
export type { RegistryMeters, RegistryPorts, RegistrySettings } from './ports.ts';
export type { RegistryTables } from './tables.ts';
export { weighRegistryRequest } from './weigh-request.ts';
export { createTokenEndpoint, type TokenEndpointPorts } from './token-endpoint.ts';
