import { type Cache, VALUE_MAX } from '../cache/index.ts';
import type { RedisConnection } from './open-redis.ts';

/** A cache that all nodes share. @param prefix of all keys @param meanwhile used while the Redis cannot be reached */
export function createRedisCache(redis: RedisConnection, prefix: string, meanwhile: Cache): Cache {
  return {
    get: (key) =>
      redis.run(async (client) => (await client.get(prefix + key)) ?? undefined).catch(() => meanwhile.get(key)),
    async set(key, value, lifetimeMs) {
      // One that is too long must not leave its forerunner standing.
      if (value.length > VALUE_MAX) return this.delete(key);
      await redis
        .run((client) => client.set(prefix + key, value, 'PX', Math.max(1, Math.round(lifetimeMs))))
        .catch(() => meanwhile.set(key, value, lifetimeMs));
    },
    async delete(key) {
      await meanwhile.delete(key);
      await redis.run((client) => client.del(prefix + key)).catch(() => undefined);
    },
  };
}
