import type { ConfigValues } from '../config/index.ts';
import type { RedisAddress, redisConfig } from './config.ts';

/** A Redis, and the key of the configuration that names it. */
export interface NamedRedis {
  readonly key: string;
  readonly address: RedisAddress;
}

export interface RedisSettings {
  /** The one Redis that all nodes share; undefined: none. */
  readonly shared: NamedRedis | undefined;
  readonly cache: 'redis' | 'process' | 'none';
  /** What the operator should know of keys that ask for something else than they get. */
  readonly notes: readonly string[];
}

/**
 * Which of the keys names the Redis that nodes share: the primary of DATA_MODEL_CACHE_CONFIG when its engine is `redis`, else
 * USER_EVENTS_REDIS. One is enough: there is nothing in it that must not be lost.
 */
export function chooseRedis(values: ConfigValues<typeof redisConfig>): RedisSettings {
  const { DATA_MODEL_CACHE_CONFIG: cache, USER_EVENTS_REDIS: events } = values;
  const primary = cache?.engine === 'redis' ? cache.redis_config?.primary : undefined;
  const shared =
    primary !== undefined
      ? { key: 'DATA_MODEL_CACHE_CONFIG.redis_config.primary', address: primary }
      : events && { key: 'USER_EVENTS_REDIS', address: events };
  const notes =
    cache?.engine === 'memcached' || cache?.engine === 'rediscluster'
      ? [
          `DATA_MODEL_CACHE_CONFIG: the engine "${cache.engine}" is not used; the cache is kept in the process. ` +
            'Write "redis" with redis_config.primary for one that nodes share',
        ]
      : [];
  const place = cache === undefined ? (shared === undefined ? 'process' : 'redis') : CACHE_PLACES[cache.engine];
  return { shared, cache: place, notes };
}

const CACHE_PLACES = {
  redis: 'redis',
  noop: 'none',
  inmemory: 'process',
  memcached: 'process',
  rediscluster: 'process',
} as const;
