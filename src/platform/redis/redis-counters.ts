import type { Counters } from '../limits/index.ts';
import type { RedisConnection } from './open-redis.ts';

/** Adds in one step, so that no other node sees a count without a life. */
const ADD = `
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
if count <= 0 then
  redis.call('DEL', KEYS[1])
  return 0
end
if tonumber(ARGV[1]) > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return count
`;

/** Counts that all nodes share. Rejects while the Redis cannot be reached. @param prefix of all keys */
export function createRedisCounters(redis: RedisConnection, prefix: string): Counters {
  return {
    add: (key, amount, lifetimeMs) =>
      redis.run(async (client) => Number(await client.eval(ADD, 1, prefix + key, amount, lifetimeMs))),
    async read(keys) {
      if (keys.length === 0) return [];
      const replies = await redis.run((client) => {
        const pipeline = client.pipeline();
        for (const key of keys) pipeline.get(prefix + key).pttl(prefix + key);
        return pipeline.exec();
      });
      return keys.map((_, index) => {
        const count = Number(valueOf(replies, 2 * index) ?? 0);
        return { count, expiresInMs: count === 0 ? 0 : Math.max(0, Number(valueOf(replies, 2 * index + 1))) };
      });
    },
    async remove(key) {
      await redis.run((client) => client.del(prefix + key));
    },
  };
}

function valueOf(replies: [error: Error | null, value: unknown][] | null, index: number): unknown {
  const [error, value] = replies?.[index] ?? [new Error('The Redis answered less than it was asked'), undefined];
  if (error !== null) throw error;
  return value;
}
