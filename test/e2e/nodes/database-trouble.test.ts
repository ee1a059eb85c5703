import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeImage, RegistryClient } from '../../support/clients.ts';
import { findPostgresPrograms, type PrivatePostgres, startPrivatePostgres } from '../../support/private-postgres.ts';
import { type Account, prepareServer, startServer, type TestServer } from '../../support/server.ts';
import { startLoad } from './load.ts';

const REPOSITORY = 'owner/app';

describe.skipIf(findPostgresPrograms() === undefined)('a server whose database has trouble', () => {
  let database: PrivatePostgres;
  let account: Account;
  const cleanUps: (() => unknown)[] = [];
  beforeAll(async () => {
    database = await startPrivatePostgres();
  });
  afterAll(() => database.dispose());
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });

  /** A server on a new database with one image, and a client of it. */
  async function start(
    name: string,
    config: Readonly<Record<string, unknown>> = {},
  ): Promise<{ server: TestServer; client: RegistryClient; uri: string }> {
    await execute(database.uri, `CREATE DATABASE ${name}`);
    const uri = database.uri.replace(/postgres$/, name);
    const server = await startServer({ config: { DB_URI: uri, ...config } });
    cleanUps.push(() => server.dispose());
    account = await server.initialize();
    const client = new RegistryClient(server.url, account);
    cleanUps.push(() => client.close());
    await client.pushImage(REPOSITORY, 'v1', makeImage());
    return { server, client, uri };
  }

  async function execute(uri: string, ...statements: readonly string[]): Promise<Record<string, unknown>[]> {
    const connection = new pg.Client({ connectionString: uri });
    await connection.connect();
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) ({ rows } = await connection.query(statement));
      return rows;
    } finally {
      await connection.end();
    }
  }

  /** Makes the database refuse changes, as a standby does, for every connection there is and will be. */
  const setReadOnly = (uri: string, isReadOnly: boolean) => {
    const name = uri.split('/').at(-1) ?? '';
    return execute(
      database.uri,
      isReadOnly
        ? `ALTER DATABASE ${name} SET default_transaction_read_only = on`
        : `ALTER DATABASE ${name} RESET default_transaction_read_only`,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
    );
  };

  test('fails no pull while it is restarted, gently or not', { timeout: 60_000 }, async () => {
    const { server } = await start('restarted');
    for (const mode of ['fast', 'immediate'] as const) {
      const load = startLoad(server.url, account, REPOSITORY, { pullers: 6, pushers: 0 });
      await expect.poll(() => load.pulls, { timeout: 20_000 }).toBeGreaterThan(20);
      await database.restart(mode);
      const then = load.pulls;
      await expect.poll(() => load.pulls - then, { timeout: 20_000 }).toBeGreaterThan(20);
      await load.stop();
      expect(load.failures).toEqual([]);
    }
  });

  test('tells who pushes meanwhile to come back, and reports itself unhealthy', { timeout: 60_000 }, async () => {
    const { server, client } = await start('stopped');
    await database.stop('fast');
    try {
      await expect
        .poll(async () => (await client.send('GET', '/health/instance')).status, { timeout: 10_000 })
        .toBe(503);
      const token = await client.send('POST', `/v2/${REPOSITORY}/blobs/uploads/`, {
        authorization: client.basic() ?? null,
      });
      expect(token.status).toBe(503);
      expect(token.headers['retry-after']).toMatch(/^\d+$/);
      expect(token.body.toString()).toContain('The database does not answer');
    } finally {
      await database.start();
    }
    await expect.poll(async () => (await client.send('GET', '/health/instance')).status).toBe(200);
    await client.pushImage(REPOSITORY, 'v2', makeImage());
    expect(server.crashed).toBe(false);
  });

  test('lets pulls go on when it accepts no changes, and says so to who pushes', { timeout: 60_000 }, async () => {
    const { server, client, uri } = await start('standby');
    await setReadOnly(uri, true);
    expect((await client.manifest(REPOSITORY, 'v1')).status).toBe(200);
    const answer = await client.call('POST', `/v2/${REPOSITORY}/blobs/uploads/`);
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('30');
    expect(answer.body.toString()).toContain('accepts no changes at the moment');
    expect((await client.send('GET', '/health/instance')).status).toBe(200);
    // A node that starts now serves as well, and so does one that is started again.
    await server.stop();
    await server.start();
    expect((await client.manifest(REPOSITORY, 'v1')).status).toBe(200);
    await setReadOnly(uri, false);
    await expect
      .poll(() => client.pushImage(REPOSITORY, 'v2', makeImage()).then(() => 'pushed', String))
      .toBe('pushed');
    // What was pulled meanwhile has its record afterwards.
    const pulls = "SELECT metadata FROM audit_log WHERE kind = 'pull_repo'";
    await expect.poll(async () => (await execute(uri, pulls)).length, { timeout: 10_000 }).toBeGreaterThan(0);
  });

  test(
    'with strict logging, has the record of a pull before its answer, and refuses pulls without',
    { timeout: 60_000 },
    async () => {
      const { client, uri } = await start('strict', { ALLOW_PULLS_WITHOUT_STRICT_LOGGING: false });
      const recorded = async () => (await execute(uri, "SELECT 1 FROM audit_log WHERE kind = 'pull_repo'")).length;
      for (let count = 1; count <= 5; count += 1) {
        expect((await client.manifest(REPOSITORY, 'v1')).status).toBe(200);
        expect(await recorded()).toBe(count);
      }
      await Promise.all(Array.from({ length: 40 }, () => client.manifest(REPOSITORY, 'v1')));
      expect(await recorded()).toBe(45);
      await setReadOnly(uri, true);
      const answer = await client.manifest(REPOSITORY, 'v1');
      expect(answer.status).toBe(503);
      expect(answer.body.toString()).toContain('accepts no changes at the moment');
      expect((await client.manifest(REPOSITORY, 'v1', 'HEAD')).status).toBe(200);
      await setReadOnly(uri, false);
      await expect.poll(async () => (await client.manifest(REPOSITORY, 'v1')).status).toBe(200);
      expect(await recorded()).toBe(46);
    },
  );

  test('with REGISTRY_STATE readonly changes nothing, and serves everything', { timeout: 60_000 }, async () => {
    const { server: first, uri } = await start('readonly');
    await first.stop();
    await execute(uri, 'UPDATE job SET run_at = 0');
    const server = await prepareServer({
      dataDirectory: first.dataDirectory,
      config: { DB_URI: uri, REGISTRY_STATE: 'readonly', SERVER_HOSTNAME: first.host },
    });
    cleanUps.push(() => server.dispose());
    await server.start();
    const reader = new RegistryClient(server.url, account);
    cleanUps.push(() => reader.close());
    expect((await reader.manifest(REPOSITORY, 'v1')).status).toBe(200);
    expect((await reader.send('GET', '/health/instance')).status).toBe(200);
    for (const [method, path] of [
      ['POST', `/v2/${REPOSITORY}/blobs/uploads/`],
      ['PUT', `/v2/${REPOSITORY}/manifests/v2`],
      ['DELETE', `/v2/${REPOSITORY}/manifests/v1`],
      ['PATCH', `/v2/${REPOSITORY}/blobs/uploads/2d2f8bd8-2a52-4cf5-a0b3-a3a1c1d5e0a1`],
    ] as const) {
      const answer = await reader.call(method, path);
      expect([answer.status, answer.body.toString()]).toEqual([405, expect.stringContaining('"DENIED"')]);
    }
    const api = await reader.call('DELETE', `/api/v1/repository/${REPOSITORY}`, {
      authorization: `Bearer ${account.accessToken}`,
    });
    expect(api.status).toBe(503);
    // Its jobs would have been run within a second of the start.
    await expect.poll(async () => (await reader.manifest(REPOSITORY, 'v1')).status).toBe(200);
    const jobs = await execute(uri, 'SELECT 1 FROM job WHERE run_at <> 0 OR lease_id IS NOT NULL');
    expect(jobs).toEqual([]);
    // The refusal by the API is meant, though its status looks like a fault.
    expect(server.defects().filter(({ path }) => path !== `/api/v1/repository/${REPOSITORY}`)).toEqual([]);
  });

  test('several nodes that start on an empty database all come up', { timeout: 90_000 }, async () => {
    await execute(database.uri, 'CREATE DATABASE raced');
    const config = { DB_URI: database.uri.replace(/postgres$/, 'raced'), DATABASE_SECRET_KEY: 'shared' };
    const servers = await Promise.all(Array.from({ length: 8 }, () => prepareServer({ config })));
    for (const server of servers) cleanUps.push(() => server.dispose());
    await Promise.all(servers.map((server) => server.start()));
    expect(servers.flatMap((server) => server.defects())).toEqual([]);
    const [row] = await execute(config.DB_URI, 'SELECT count(DISTINCT queue) = count(*) AS once FROM job');
    expect(row).toEqual({ once: true });
  });
});
