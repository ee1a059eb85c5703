export { netConfig } from './config.ts';
export {
  createGuardedFetch,
  type GuardedFetch,
  type GuardedFetchOptions,
  type GuardedRequest,
} from './guarded-fetch.ts';
export type { ResolveHost } from './guarded-agents.ts';
