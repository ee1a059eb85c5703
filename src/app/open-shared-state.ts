import { systemClock } from '../kernel/clock.ts';
import { type Cache, createLocalCache, createNoCache } from '../platform/cache/index.ts';
import type { Hints } from '../platform/hints/index.ts';
import { type Counters, createLocalCounters, createSharedCounters } from '../platform/limits/index.ts';
import type { Logger } from '../platform/log/index.ts';
import {
  createRedisCache,
  createRedisCounters,
  createRedisHints,
  openRedis,
  type RedisConnection,
  type RedisSettings,
} from '../platform/redis/index.ts';

/** What nodes share of short life: in the process, or over the Redis that the configuration names. */
export interface SharedState {
  readonly counters: Counters;
  readonly cache: Cache;
  /** Begins to carry hints to and from other nodes; undefined: no Redis is configured. */
  openHints(): Hints | undefined;
  /** undefined: the configuration names none. */
  readonly redis: RedisConnection | undefined;
  close(): Promise<void>;
}

/**
 * Never waits for the Redis and never fails because of it.
 * @param registryName SERVER_HOSTNAME: the same on all nodes, and another one for another registry on the same Redis
 */
export function openSharedState(settings: RedisSettings, registryName: string, log: Logger): SharedState {
  const clock = systemClock;
  for (const note of settings.notes) log.warn(note);
  const counters = createLocalCounters(clock);
  const cache = settings.cache === 'none' ? createNoCache() : createLocalCache(clock);
  if (settings.shared === undefined) {
    return { counters, cache, openHints: () => undefined, redis: undefined, close: () => Promise.resolve() };
  }
  const redis = openRedis(settings.shared, { clock, log });
  const prefix = `gantry:${registryName}:`;
  return {
    counters: createSharedCounters(createRedisCounters(redis, `${prefix}count:`), counters, clock, redis.healthy),
    cache: settings.cache === 'redis' ? createRedisCache(redis, `${prefix}cache:`, cache) : cache,
    openHints: () => createRedisHints(redis, `${prefix}hints`, clock),
    redis,
    close: () => redis.close(),
  };
}
