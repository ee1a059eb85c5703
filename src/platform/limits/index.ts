export { addressKey } from './address-key.ts';
export { Buckets } from './buckets.ts';
export { limitsConfig, requestLimitSettings } from './config.ts';
export type { Count, Counters } from './counters.ts';
export { createLocalCounters } from './local-counters.ts';
export {
  createRequestLimits,
  type RequestLimitSettings,
  type RequestWeight,
  type WeighedRequest,
  type WeighRequest,
} from './request-limits.ts';
export { createSharedCounters } from './shared-counters.ts';
