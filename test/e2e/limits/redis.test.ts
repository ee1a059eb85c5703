import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeOnEachDatabase } from '../databases.ts';
import { get } from '../../support/get.ts';
import { hasRedis, prepareRedis, startRedis, type TestRedis } from '../../support/redis-server.ts';
import { prepareServer, startServer, type TestServer } from '../../support/server.ts';

const PASSWORD = 's3cr3t-of-redis';

describe.skipIf(!hasRedis)('a server whose configuration names a Redis', () => {
  let redis: TestRedis;
  const servers: TestServer[] = [];
  beforeEach(async () => {
    redis = await prepareRedis();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.dispose();
    await redis.dispose();
  });

  const configured = (more: object = {}) => ({
    SERVER_HOSTNAME: 'registry.test',
    TRUSTED_PROXY_CIDR: ['127.0.0.1'],
    USER_EVENTS_REDIS: { host: '127.0.0.1', port: redis.port, ...more },
    BUILDLOGS_REDIS: { HOST: '127.0.0.1', PORT: redis.port },
  });
  async function start(config: Readonly<Record<string, unknown>> = configured()): Promise<TestServer> {
    const server = await startServer({ config });
    servers.push(server);
    return server;
  }
  const said = (server: TestServer) =>
    server.log().filter(({ msg }) => typeof msg === 'string' && msg.includes('Redis at'));
  const signIn = (server: TestServer, address: string, password: string) =>
    get(`${server.url}/v2/auth?service=test`, {
      'x-forwarded-for': address,
      authorization: `Basic ${Buffer.from(`owner:${password}`).toString('base64')}`,
    });

  it('starts and works without it, says so once, and uses it when it comes', async () => {
    const server = await start();
    const owner = await server.initialize();
    expect((await signIn(server, '192.0.2.1', owner.password)).status).toBe(200);
    await expect.poll(() => said(server)).toHaveLength(1);
    expect(said(server)[0]).toMatchObject({ level: 'warn', msg: expect.stringContaining('USER_EVENTS_REDIS') });
    await redis.start();
    await expect
      .poll(() => server.log().some(({ msg }) => msg === 'The Redis of USER_EVENTS_REDIS answers again'), {
        timeout: 15_000,
      })
      .toBe(true);
    expect(said(server)).toHaveLength(1);
    expect(server.defects()).toEqual([]);
  });

  it('says by its key when the password is wrong, and works without it', async () => {
    await redis.dispose();
    redis = await startRedis('--requirepass', PASSWORD);
    const server = await start(configured({ password: `not ${PASSWORD}` }));
    await expect.poll(() => said(server)).toHaveLength(1);
    expect(said(server)[0]?.['msg']).toContain(
      'refuses the password; check password and username of USER_EVENTS_REDIS',
    );
    expect(JSON.stringify(server.log())).not.toContain(PASSWORD);
    await server.initialize();
  });

  it('fails no request when it dies under load', async () => {
    await redis.start();
    const server = await start();
    const owner = await server.initialize();
    const statuses: number[] = [];
    const state = { running: true };
    const client = async (number: number): Promise<void> => {
      for (let round = 0; state.running || round < 5; round++) {
        // Always another address: each sign-in goes through the counters.
        statuses.push((await signIn(server, `198.51.${number}.${round % 250}`, owner.password)).status);
      }
    };
    const clients = Promise.all([0, 1, 2, 3].map(client));
    await expect.poll(() => statuses.length).toBeGreaterThan(20);
    await redis.kill();
    const before = statuses.length;
    await expect.poll(() => statuses.length).toBeGreaterThan(before + 20);
    state.running = false;
    await clients;
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(server.defects()).toEqual([]);
  });

  it('counts failed sign-ins together with the other nodes', async () => {
    await redis.start();
    // Each on a database of its own: what they share goes over the Redis.
    const [first, second] = await Promise.all([start(), start()]);
    await first.initialize();
    const { password } = await second.initialize();
    const direct = new Redis(redis.port);
    await expect.poll(async () => String(await direct.client('LIST')).match(/name=gantry /g)).toHaveLength(2);
    direct.disconnect();
    const guesses: number[] = [];
    for (let index = 0; index < 4; index++) guesses.push((await signIn(first, '192.0.2.9', 'guess')).status);
    expect(guesses).toEqual([401, 401, 401, 429]);
    expect((await signIn(second, '192.0.2.9', password)).status).toBe(429);
    expect((await signIn(second, '192.0.2.1', password)).status).toBe(200);
  });

  it('does not start when the configuration makes no sense', async () => {
    const server = await prepareServer({ config: { USER_EVENTS_REDIS: { port: 6379 } } });
    servers.push(server);
    await expect(server.start()).rejects.toThrow(/USER_EVENTS_REDIS\.host: name the host/);
  });
});

describeOnEachDatabase('a node that shares a Redis', (database) => {
  it.skipIf(!hasRedis)('works with it, without it and with it again', async () => {
    const redis = await startRedis();
    const config = { ...database().config, USER_EVENTS_REDIS: { host: '127.0.0.1', port: redis.port } };
    const server = await startServer({ config });
    try {
      const owner = await server.initialize();
      const services = async () => {
        const { data } = JSON.parse((await get(`${server.url}/health/endtoend`)).body) as Health;
        return data.services;
      };
      const works = async () => {
        const authorization = `Basic ${Buffer.from(`owner:${owner.password}`).toString('base64')}`;
        expect((await get(`${server.url}/v2/`, { authorization })).status).toBe(200);
        expect((await get(`${server.url}/health/endtoend`)).status).toBe(200);
      };
      await expect.poll(services, { timeout: 10_000 }).toMatchObject({ redis: true });
      await works();
      await redis.kill();
      await expect.poll(services, { timeout: 10_000 }).toMatchObject({ redis: false });
      await works();
      await redis.start();
      await expect.poll(services, { timeout: 15_000 }).toMatchObject({ redis: true });
      await works();
      expect(server.defects()).toEqual([]);
      expect(await server.stop()).toBe(0);
    } finally {
      await server.dispose();
      await redis.dispose();
    }
  });
});

interface Health {
  readonly data: { readonly services: Readonly<Record<string, boolean>> };
}
