import { request } from 'node:http';
import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { startHttp } from '../../test/support/http.ts';
import { createTestIdentity } from '../../test/support/identity.ts';
import { POLICY, webApiPorts } from '../../test/support/web-api.ts';
import { ensureRepository, resolveAccess } from '../catalog/index.ts';
import { createAccessToken, createUser, type UserActor } from '../identity/index.ts';
import { parseRepositoryName, type RepositoryName } from '../kernel/reference.ts';
import { createWebApi } from './index.ts';

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

describeOnBothDatabases('REST API', (context) => {
  const start = async (options: { readonly readOnly?: boolean } = {}) => {
    const { db } = context();
    const identity = createTestIdentity(db);
    const ports = webApiPorts(db, identity, { readOnly: options.readOnly ?? false });
    const server = await startHttp({
      mounts: [{ prefix: '/api/v1', errors: 'quay', handler: createWebApi(ports) }],
    });
    const call = (method: string, path: string, options: { body?: unknown; headers?: Record<string, string> } = {}) =>
      send(server.url + path, method, options.body, options.headers ?? {});
    return { identity, server, call };
  };
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  let accessToken = '';

  it('creates the first user once, with a token that later calls accept', async () => {
    const { server, call } = await start();
    await using _ = server;
    const body = { username: 'ada', password: 'correct-horse', email: 'ada@example.org', access_token: true };
    const initialize = () => call('POST', '/api/v1/user/initialize', { body });

    const foreign = [
      { 'X-Forwarded-For': '192.0.2.1' },
      { 'X-Real-IP': '192.0.2.1' },
      { Via: '1.1 proxy' },
      { Host: 'rebound.example.org:8080' },
    ];
    for (const headers of foreign) {
      const refused = await call('POST', '/api/v1/user/initialize', { body, headers });
      expect(refused).toMatchObject({ status: 403, body: { error_type: 'insufficient_scope' } });
    }
    const byForm = await call('POST', '/api/v1/user/initialize', { body, headers: { 'Content-Type': 'text/plain' } });
    expect(byForm).toMatchObject({ status: 400, body: { detail: expect.stringContaining('application/json') } });
    const faulty = await call('POST', '/api/v1/user/initialize', { body: { username: 7 } });
    expect(faulty.status).toBe(400);
    expect(faulty.body['detail']).toMatch(/username.*password/s);

    const created = await initialize();
    expect(created).toMatchObject({ status: 200, body: { username: 'ada', email: 'ada@example.org' } });
    accessToken = String(created.body['access_token']);
    expect((await initialize()).status).toBe(400);

    const user = await call('GET', '/api/v1/user/', { headers: bearer(accessToken) });
    expect(user).toMatchObject({
      status: 200,
      body: { anonymous: false, username: 'ada', email: 'ada@example.org', verified: true, super_user: true },
    });
    for (const headers of [{}, bearer('x'.repeat(40))]) {
      expect(await call('GET', '/api/v1/user/', { headers })).toMatchObject({
        status: 401,
        body: { error_type: 'invalid_token', status: 401 },
      });
    }
  });

  it('gives the first user an encrypted password that signs in like the password', async () => {
    const { identity, server } = await start();
    await using _ = server;
    const encrypted = identity.encryptedPasswords.encrypt('correct-horse');
    expect(await identity.authenticateBasic('ada', encrypted, '192.0.2.7')).toMatchObject({ name: 'ada' });
    const wrong = identity.encryptedPasswords.encrypt('wrong-horse');
    expect(await identity.authenticateBasic('ada', wrong, '192.0.2.7')).toBeUndefined();
    const middle = encrypted.length >> 1;
    const other = encrypted[middle] === 'A' ? 'B' : 'A';
    const damaged = encrypted.slice(0, middle) + other + encrypted.slice(middle + 1);
    expect(await identity.authenticateBasic('ada', damaged, '192.0.2.7')).toBeUndefined();
  });

  it('deletes a repository for its administrator, and tells strangers nothing', async () => {
    const { db } = context();
    const { identity, server, call } = await start();
    await using _ = server;
    const name = repositoryName('ada/app/web');
    const ada = (await identity.authenticateAccessToken(accessToken)) as UserActor;
    const create = () => db.transaction((tx) => ensureRepository(tx, POLICY, ada, name));
    const path = `/api/v1/repository/${name}`;
    await create();
    const eve = await createUser(
      { db, passwords: identity.passwords },
      { name: 'eve', password: 'password-of-eve', superuser: false },
      { kind: 'system', name: undefined },
    );
    const eveToken = await db.transaction((tx) =>
      createAccessToken(tx, { userId: eve.userId, scopes: ['repo:admin'] }),
    );

    expect((await call('DELETE', path, { headers: bearer('x'.repeat(40)) })).status).toBe(401);
    const stranger = await call('DELETE', path, { headers: bearer(eveToken.token) });
    const missing = await call('DELETE', '/api/v1/repository/ada/none', { headers: bearer(eveToken.token) });
    expect(stranger.status).toBe(403);
    expect(stranger.body).toEqual(missing.body);

    expect((await call('DELETE', path, { headers: bearer(accessToken) })).status).toBe(204);
    expect((await resolveAccess(db, POLICY, ada, name)).repository).toBeUndefined();
    const again = await create();
    expect(again.visibility).toBe('private');
  });

  it('refuses changes in read-only mode', async () => {
    const { server, call } = await start({ readOnly: true });
    await using _ = server;
    const answer = await call('DELETE', '/api/v1/repository/ada/app/web', { headers: bearer(accessToken) });
    expect(answer).toMatchObject({ status: 503, body: { is_readonly: true } });
  });

  it('answers what it does not have in the shape of the API', async () => {
    const { server, call } = await start();
    await using _ = server;
    expect(await call('GET', '/api/v1/nothing')).toMatchObject({ status: 404, body: { error_type: 'not_found' } });
    const large = await call('POST', '/api/v1/user/initialize', { body: 'x'.repeat(2_000_000) });
    expect(large).toMatchObject({ status: 400, body: { error_type: 'invalid_request' } });
  });
});

function repositoryName(text: string): RepositoryName {
  const name = parseRepositoryName(text);
  if (name === undefined) throw new Error(`"${text}" is not a repository name`);
  return name;
}

function send(url: string, method: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const outgoing = request(
      url,
      {
        method,
        headers: { 'Content-Type': 'application/json', ...headers, 'Content-Length': Buffer.byteLength(text) },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const received = Buffer.concat(chunks).toString();
          resolve({
            status: incoming.statusCode ?? 0,
            body: received === '' ? {} : (JSON.parse(received) as Answer['body']),
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}
