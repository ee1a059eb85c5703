import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasRedis, prepareRedis, startRedis, type TestRedis } from '../../../test/support/redis-server.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createLocalCache } from '../cache/index.ts';
import { createLogger } from '../log/index.ts';
import { createLocalCounters, createSharedCounters } from '../limits/index.ts';
import { redisConfig } from './config.ts';
import {
  checkRedis,
  createRedisCache,
  createRedisCounters,
  createRedisHints,
  type NamedRedis,
  openRedis,
  type RedisConnection,
} from './index.ts';

function named(fields: object): NamedRedis {
  return { key: 'USER_EVENTS_REDIS', address: redisConfig.USER_EVENTS_REDIS.schema.parse(fields) };
}

describe.skipIf(!hasRedis)('a connection to a Redis that comes and goes', () => {
  let server: TestRedis;
  let connection: RedisConnection | undefined;
  let lines: { level: string; msg: string }[];
  beforeEach(async () => {
    lines = [];
    server = await prepareRedis();
  });
  afterEach(async () => {
    await connection?.close();
    await server.dispose();
  });

  function open(fields: object = {}): RedisConnection {
    const log = createLogger({
      level: 'info',
      destination: { write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
    });
    connection = openRedis(named({ host: '127.0.0.1', port: server.port, ...fields }), { clock: systemClock, log });
    return connection;
  }
  const said = (level: string) => lines.filter((line) => line.level === level).map(({ msg }) => msg);

  test('one that is not there is told once, and used as soon as it is', async () => {
    const redis = open();
    expect(redis.healthy()).toBe(false);
    await expect(redis.run((client) => client.ping())).rejects.toThrow('no connection');
    await expect.poll(() => said('warn')).toHaveLength(1);
    expect(said('warn')[0]).toMatch(
      /^The Redis at 127\.0\.0\.1:\d+ \(USER_EVENTS_REDIS\) does not accept connections; start it, .* Going on without it/,
    );
    await server.start();
    await expect.poll(() => redis.healthy(), { timeout: 15_000 }).toBe(true);
    expect(await redis.run((client) => client.ping())).toBe('PONG');
    expect([said('warn').length, said('info')]).toEqual([1, ['The Redis of USER_EVENTS_REDIS answers again']]);
  });

  test('a crash under load fails no count, no cache and no hint', async () => {
    await server.start();
    const redis = open();
    await expect.poll(() => redis.healthy()).toBe(true);
    const clock = systemClock;
    const counters = createSharedCounters(
      createRedisCounters(redis, 'c:'),
      createLocalCounters(clock),
      clock,
      redis.healthy,
    );
    const cache = createRedisCache(redis, 'v:', createLocalCache(clock));
    const hints = createRedisHints(redis, 'h', clock);
    const heard: unknown[] = [];
    hints.onHint('topic', (detail) => heard.push(detail));
    let done = 0;
    const state = { dead: false };
    const work = async () => {
      while (!state.dead || done % 50 !== 0) {
        await counters.add('a', 1, 60_000);
        await counters.read(['a', 'b']);
        await cache.set('a', 'value', 60_000);
        await cache.get('a');
        hints.tell('topic', 'detail');
        done += 1;
        // Without a Redis nothing above waits for an event.
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const working = Promise.all([work(), work(), work(), work()]);
    await expect.poll(() => done).toBeGreaterThan(100);
    await server.kill();
    state.dead = true;
    await working;
    await expect.poll(() => redis.healthy()).toBe(false);
    await cache.set('b', 'kept here', 60_000);
    expect(await cache.get('b')).toBe('kept here');
    expect((await counters.read(['a']))[0]?.count).toBeGreaterThan(100);
    expect(heard.filter((detail) => detail === 'detail')).toHaveLength(done);
    // Whoever listens is told that hints may be missed.
    await expect.poll(() => heard).toContain(undefined);
    expect(said('warn')).toHaveLength(1);
    await hints.close();
  });

  test('one that hangs is given up after its time, and not waited for again and again', async () => {
    await server.start();
    const redis = open();
    await expect.poll(() => redis.healthy()).toBe(true);
    const clock = systemClock;
    const counters = createSharedCounters(
      createRedisCounters(redis, 'c:'),
      createLocalCounters(clock),
      clock,
      redis.healthy,
    );
    server.freeze();
    for (let count = 1; count <= 100; count++) expect(await counters.add('a', 1, 60_000)).toBe(count);
    server.resume();
  });

  test('a wrong password is told by the name of its key', async () => {
    await server.dispose();
    server = await startRedis('--requirepass', 's3cr3t-of-redis');
    const redis = open({ password: 'wr0ng-password' });
    await expect.poll(() => said('warn')).toHaveLength(1);
    expect(said('warn')[0]).toContain('refuses the password; check password and username of USER_EVENTS_REDIS');
    expect(redis.healthy()).toBe(false);
    expect(JSON.stringify(lines)).not.toContain('wr0ng-password');
  });

  test.each([
    [{ password: 'wr0ng-password' }, /refuses the password/],
    [{}, /asks for a password; set password in USER_EVENTS_REDIS/],
    [{ password: 's3cr3t-of-redis', db: 99 }, /has no database 99; check db of USER_EVENTS_REDIS/],
    [{ host: 'redis.invalid' }, /host name that is not known/],
    [
      { password: 's3cr3t-of-redis', ssl: true, ssl_ca_certs: '/nowhere/ca.pem' },
      /USER_EVENTS_REDIS\.ssl_ca_certs cannot be read/,
    ],
    [{ password: 's3cr3t-of-redis' }, undefined],
    [{ password: 's3cr3t-of-redis', username: 'default', db: 3 }, undefined],
  ])('a check of %j says %s', async (fields, message) => {
    await server.dispose();
    server = await startRedis('--requirepass', 's3cr3t-of-redis');
    const fault = await checkRedis(named({ host: '127.0.0.1', port: server.port, ...fields }));
    if (message === undefined) expect(fault).toBeUndefined();
    else expect(fault).toMatch(message);
  });
});
