import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../../test/support/identity.ts';
import { hasRedis, startRedis, type TestRedis } from '../../../test/support/redis-server.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createLocalCache } from '../cache/index.ts';
import { describeCache } from '../cache/testing/conformance.ts';
import { describeHints } from '../hints/testing/suite.ts';
import { describeCounters } from '../limits/testing/conformance.ts';
import { redisConfig } from './config.ts';
import { createRedisCache, createRedisCounters, createRedisHints, openRedis, type RedisConnection } from './index.ts';

describe.skipIf(!hasRedis)('over a real Redis', () => {
  let server: TestRedis;
  let direct: Redis;
  beforeAll(async () => {
    server = await startRedis();
    direct = new Redis(server.port);
  });
  afterAll(async () => {
    direct.disconnect();
    await server.dispose();
  });

  async function connect(): Promise<RedisConnection> {
    const address = redisConfig.USER_EVENTS_REDIS.schema.parse({ host: '127.0.0.1', port: server.port });
    const redis = openRedis({ key: 'USER_EVENTS_REDIS', address }, { clock: systemClock, log: silentLog });
    await expect.poll(() => redis.healthy()).toBe(true);
    return redis;
  }

  /** Takes the time from the rest of every key's life. */
  async function pass(ms: number): Promise<void> {
    for (const key of await direct.keys('*')) {
      const left = (await direct.pttl(key)) - ms;
      if (left > 0) await direct.pexpire(key, left);
      else await direct.del(key);
    }
  }

  describeCounters('in Redis', async () => {
    const redis = await connect();
    return { counters: createRedisCounters(redis, `${randomUUID()}:`), pass, close: () => redis.close() };
  });

  describeCache('in Redis', async () => {
    const redis = await connect();
    const cache = createRedisCache(redis, `${randomUUID()}:`, createLocalCache(systemClock));
    return { cache, pass, close: () => redis.close() };
  });

  describeHints('by Redis', async () => {
    const channel = randomUUID();
    const [first, second] = await Promise.all([connect(), connect()]);
    const [here, there] = [first, second].map((redis) => createRedisHints(redis, channel, systemClock));
    if (here === undefined || there === undefined) throw new Error('unreachable');
    await expect.poll(async () => (await direct.pubsub('NUMSUB', channel))[1]).toBe(2);
    const close = async () => {
      await Promise.all([here, there].map((hints) => hints.close()));
      await Promise.all([first, second].map((redis) => redis.close()));
    };
    return { here, there, close };
  });

  test('no key stays for ever', async () => {
    const redis = await connect();
    const counters = createRedisCounters(redis, 'forever:');
    await counters.add('a', 2, 60_000);
    await counters.add('a', -1, 60_000);
    await createRedisCache(redis, 'forever:', createLocalCache(systemClock)).set('b', 'value', 0.4);
    const lives = await Promise.all((await direct.keys('forever:*')).map((key) => direct.pttl(key)));
    expect(lives.length).toBeGreaterThan(0);
    for (const life of lives) expect(life).not.toBe(-1);
    await redis.close();
  });
});
