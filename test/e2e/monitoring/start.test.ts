import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { afterEach, expect, inject, it } from 'vitest';
import pg from 'pg';
import { MIGRATIONS } from '../../../src/app/migrations.ts';
import { createPostgresDatabase } from '../../../src/platform/db/index.ts';
import { createPostgresTestUri } from '../../support/databases.ts';
import { get } from '../../support/get.ts';
import { prepareServer, startServer, type TestServer } from '../../support/server.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.dispose();
});

/** Asks until somebody listens. */
async function firstAnswer(url: string): ReturnType<typeof get> {
  for (;;) {
    try {
      return await get(url);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

it('a server that waits for its database answers that it is not ready, and then is', async () => {
  server = await startServer();
  const { dataDirectory } = server;
  await server.stop();
  // Whoever changes the schema holds the file like this.
  const other = new DatabaseSync(join(dataDirectory, 'gantry.db'));
  other.exec('BEGIN EXCLUSIVE');
  const starting = server.start();
  const health = await firstAnswer(`${server.url}/health/instance`);
  expect([health.status, health.headers['retry-after']]).toEqual([503, '2']);
  expect(JSON.parse(health.body)).toMatchObject({ data: { services: { database: false } }, status_code: 503 });
  const pull = await get(`${server.url}/v2/`);
  expect([pull.status, pull.headers['retry-after'], pull.body]).toEqual([
    503,
    '2',
    expect.stringContaining('starting'),
  ]);
  other.exec('ROLLBACK');
  other.close();
  await starting;
  expect((await get(`${server.url}/v2/`)).status).toBe(401);
});

it.skipIf('missing' in inject('postgres'))(
  'an upgrade that takes long is told with its progress (postgres)',
  async () => {
    const { uri, drop } = await createPostgresTestUri();
    // The database of the version before.
    const before = MIGRATIONS.filter(({ name }) => name < '0006');
    const old = await createPostgresDatabase({ uri, migrations: before });
    await old.close();
    const other = new pg.Client({ connectionString: uri });
    await other.connect();
    // The first step that is missing refers to this table, and so waits for us.
    await other.query('BEGIN; LOCK TABLE repository IN ACCESS EXCLUSIVE MODE');
    server = await prepareServer({ config: { DB_URI: uri } });
    const starting = server.start();
    const migrating = async () =>
      (JSON.parse((await firstAnswer(`${server?.url}/health/endtoend`)).body) as { data: { migrating?: string } }).data
        .migrating;
    while ((await migrating()) === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    const missing = MIGRATIONS.length - before.length;
    expect(missing).toBeGreaterThan(0);
    expect(await migrating()).toBe(`0/${missing}`);
    const push = await fetch(`${server.url}/v2/a/b/blobs/uploads/`, { method: 'POST' });
    expect([push.status, push.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await push.text()).toContain(`(0/${missing})`);
    await other.query('ROLLBACK');
    await other.end();
    await starting;
    expect((await get(`${server.url}/health/endtoend`)).status).toBe(200);
    expect(server.defects()).toEqual([]);
    await server.stop();
    await drop();
  },
);
