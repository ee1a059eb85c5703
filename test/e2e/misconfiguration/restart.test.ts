import { hash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request as openRequest } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Account, type ServerOptions, startServer, type TestServer } from '../../support/server.ts';

let server: TestServer | undefined;
afterEach(() => server?.dispose());

async function start(options: ServerOptions = {}): Promise<{ registry: TestServer; account: Account }> {
  server = await startServer({ command: 'source', ...options });
  return { registry: server, account: await server.initialize() };
}

function configFile(registry: TestServer): string {
  return join(registry.configDirectory, 'config.yaml');
}

function changeConfig(registry: TestServer, change: Readonly<Record<string, unknown>>): void {
  const config = JSON.parse(readFileSync(configFile(registry), 'utf8')) as object;
  writeFileSync(configFile(registry), JSON.stringify({ ...config, ...change }));
}

async function call(registry: TestServer, account: Account, method: string, path: string) {
  const answer = await fetch(`${registry.url}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${account.accessToken}` },
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** Resolves when a run that began later than `startedAt` answers; bounded by the time limit of the test. */
async function untilRestarted(registry: TestServer, account: Account, started: unknown): Promise<void> {
  for (;;) {
    const standing = await call(registry, account, 'GET', '/superuser/configstatus').catch(() => undefined);
    if (standing?.status === 200 && standing.body['started'] !== started) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function titleOf(registry: TestServer): Promise<string> {
  const answer = await fetch(`${registry.url}/api/v1/discovery`);
  const { info } = (await answer.json()) as { info: { title: string } };
  return info.title;
}

test('a superuser restarts the server with its changed configuration, in the same process', async () => {
  const { registry, account } = await start();
  const { pid } = registry;
  const before = await call(registry, account, 'GET', '/superuser/configstatus');
  expect(before).toMatchObject({
    status: 200,
    body: { restart_required: false, changed_keys: [], can_restart: true, problems: [] },
  });
  changeConfig(registry, { REGISTRY_TITLE: 'Renamed' });
  expect((await call(registry, account, 'GET', '/superuser/configstatus')).body).toMatchObject({
    restart_required: true,
    changed_keys: ['REGISTRY_TITLE'],
    can_restart: true,
  });
  expect(await titleOf(registry)).toBe('Gantry');
  expect(await call(registry, account, 'POST', '/superuser/shutdown')).toEqual({ status: 200, body: {} });
  await untilRestarted(registry, account, before.body['started']);
  expect(await titleOf(registry)).toBe('Renamed');
  expect(registry.pid).toBe(pid);
  expect(registry.crashed).toBe(false);
  expect((await call(registry, account, 'GET', '/superuser/configstatus')).body).toMatchObject({
    restart_required: false,
  });
  expect(registry.defects()).toEqual([]);
  // Whoever looks after the process ends it as before.
  expect(await registry.stop()).toBe(0);
}, 120_000);

test('a restart waits for what runs, and loses nothing that was acknowledged', async () => {
  const { registry, account } = await start();
  const standing = await call(registry, account, 'GET', '/superuser/configstatus');
  const basic = Buffer.from(`${account.username}:${account.password}`).toString('base64');
  const scope = `repository:${account.username}/app:pull,push`;
  const login = await fetch(`${registry.url}/v2/auth?service=${registry.host}&scope=${scope}`, {
    headers: { Authorization: `Basic ${basic}` },
  });
  const { token } = (await login.json()) as { token: string };
  const headers = { Authorization: `Bearer ${token}` };
  const begun = await fetch(`${registry.url}/v2/${account.username}/app/blobs/uploads/`, { method: 'POST', headers });
  const upload = new URL(begun.headers.get('location') ?? '', registry.url);
  const [half, rest] = [Buffer.alloc(100_000, 'a'), Buffer.alloc(100_000, 'b')];
  // One half is on its way when the restart is asked for, the other one comes when the server is about to end.
  const request = openRequest({
    host: '127.0.0.1',
    port: registry.port,
    path: upload.pathname + upload.search,
    method: 'PATCH',
    headers,
  });
  request.write(half);
  expect((await call(registry, account, 'POST', '/superuser/shutdown')).status).toBe(200);
  while (!registry.log().some(({ msg }) => String(msg).startsWith('Stopping'))) await new Promise(setImmediate);
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  request.end(rest);
  const [answer] = await answered;
  expect(answer.statusCode).toBe(202);
  const next = new URL(answer.headers.location ?? '', registry.url);
  await untilRestarted(registry, account, standing.body['started']);
  const digest = `sha256:${hash('sha256', Buffer.concat([half, rest]), 'hex')}`;
  next.searchParams.set('digest', digest);
  expect((await fetch(next, { method: 'PUT', headers })).status).toBe(201);
  const blob = await fetch(`${registry.url}/v2/${account.username}/app/blobs/${digest}`, { method: 'HEAD', headers });
  expect([blob.status, blob.headers.get('content-length')]).toEqual([200, '200000']);
  expect(registry.defects()).toEqual([]);
}, 120_000);

test('a configuration that no server starts with is refused with all that is wrong, and the old one goes on', async () => {
  const { registry, account } = await start();
  const { pid } = registry;
  const refused = async () => {
    const { status, body } = await call(registry, account, 'POST', '/superuser/shutdown');
    expect(status).toBe(400);
    return body['problems'] as string[];
  };
  changeConfig(registry, { REGISTRY_TITLE: 7, SESSION_TIMEOUT: 'soon' });
  const wrong = await refused();
  expect(wrong).toHaveLength(2);
  expect(wrong.join()).toMatch(/config\.yaml:1: SESSION_TIMEOUT: .*config\.yaml:1: REGISTRY_TITLE: /s);
  changeConfig(registry, {
    REGISTRY_TITLE: 'x',
    SESSION_TIMEOUT: '1d',
    DB_URI: 'postgresql://nobody:secret-word@127.0.0.1:1/none',
  });
  const unreachable = await refused();
  expect(unreachable).toEqual([expect.stringContaining('database')]);
  expect(unreachable.join()).not.toContain('secret-word');
  writeFileSync(configFile(registry), 'a: [');
  await refused();
  expect((await call(registry, account, 'GET', '/superuser/configstatus')).body).toMatchObject({ can_restart: false });
  expect(registry.pid).toBe(pid);
  expect(await titleOf(registry)).toBe('Gantry');
}, 120_000);

test('the launcher too comes back by itself, and out of the read-only mode', async () => {
  const { registry, account } = await start({ environment: { GANTRY_FROM_SOURCE: '1' }, command: 'launcher' });
  const restart = async (state: string) => {
    const { body } = await call(registry, account, 'GET', '/superuser/configstatus');
    changeConfig(registry, { REGISTRY_STATE: state });
    expect((await call(registry, account, 'POST', '/superuser/shutdown')).status).toBe(200);
    await untilRestarted(registry, account, body['started']);
  };
  const write = () => call(registry, account, 'DELETE', '/message/none').catch(() => ({ status: 204 }));
  await restart('readonly');
  expect((await write()).status).toBe(503);
  await restart('normal');
  expect((await write()).status).toBe(204);
}, 120_000);
