export { createLocalCache } from './local-cache.ts';
export { createNoCache } from './no-cache.ts';
export { type Cache, VALUE_MAX } from './ports.ts';
