import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { prepareServer, type TestServer } from '../../support/server.ts';

const FILE = join(import.meta.dirname, '../../fixtures/config/home-server.yaml');

let server: TestServer | undefined;
afterEach(() => server?.dispose());

/** The file as it is, but for the places that only its author has: database, storage, Redis. */
async function prepare(environment: Readonly<Record<string, string>>): Promise<TestServer> {
  const {
    DB_URI: _,
    BUILDLOGS_REDIS: _1,
    USER_EVENTS_REDIS: _2,
    ...config
  } = parse(readFileSync(FILE, 'utf8')) as Record<string, unknown>;
  const storage = { GANTRY_CONFIG_DISTRIBUTED_STORAGE_CONFIG: '{disk: [LocalStorage, {storage_path: blobs}]}' };
  return prepareServer({
    config: { ...config, PREFERRED_URL_SCHEME: 'http' },
    environment: { ...storage, ...environment },
  });
}

test('a file with single sign-on starts, before that works, when it is told to', async () => {
  server = await prepare({ GANTRY_CONFIG_START_WITHOUT: 'KEYCLOAK_LOGIN_CONFIG' });
  await server.start();
  const log = JSON.stringify(server.log());
  expect(log).toContain('KEYCLOAK_LOGIN_CONFIG: This version cannot do what the setting asks for. Started without it');
  expect(log).not.toContain('battery-staple');
  expect(await server.stop()).toBe(0);
});

test('and does not when it is not', async () => {
  server = await prepare({});
  await expect(server.start()).rejects.toThrow(/add KEYCLOAK_LOGIN_CONFIG to START_WITHOUT/);
});
