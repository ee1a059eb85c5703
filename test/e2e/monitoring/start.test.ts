import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { get } from '../../support/get.ts';
import { startServer, type TestServer } from '../../support/server.ts';

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
