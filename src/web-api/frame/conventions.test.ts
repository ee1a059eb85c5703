import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { byToken, bySession, type Credentials, onlyCookie } from '../../../test/support/api-caller.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { createFakeClock, type FakeClock } from '../../../test/support/fake-clock.ts';
import { startHttp } from '../../../test/support/http.ts';
import { cheapPasswords, createTestIdentity } from '../../../test/support/identity.ts';
import { webApiPorts } from '../../../test/support/web-api.ts';
import { ADDRESS_SPACE } from '../../app/address-space.ts';
import { createAccessToken, createUser, type UserActor } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { WebApiPorts } from '../index.ts';
import { answer } from './answer.ts';
import { defineOperation, type Method, type Operation } from './operation.ts';
import { OperationTable } from './operation-table.ts';
import { serveOperations } from './serve-operations.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
const CHANGES: readonly Method[] = ['POST', 'PUT', 'DELETE'];

/** Answers with the name of whoever calls. */
function operation(method: Method, path: string, more: Partial<Operation> = {}): Operation {
  return defineOperation({
    method,
    path,
    id: `${method} ${path}`,
    summary: 'x',
    tag: 'x',
    permission: { kind: 'anyone' },
    statuses: [200],
    ...more,
    handle: ({ actor }) => Promise.resolve(answer({ caller: actor.kind === 'anonymous' ? null : actor.name })),
  });
}

const TABLE = new OperationTable([
  operation('GET', '/anyone/'),
  ...CHANGES.map((method) => operation(method, '/anyone/')),
  operation('GET', '/even-nobody', { flags: { anonymousAllowed: true } }),
  operation('GET', '/mine', { permission: { kind: 'user' } }),
  operation('GET', '/scoped', { permission: { kind: 'user' }, scope: 'user:admin' }),
  ...CHANGES.map((method) => operation(method, '/mine', { permission: { kind: 'user' } })),
  operation('POST', '/fresh', { permission: { kind: 'user' }, flags: { freshLogin: true } }),
  operation('POST', '/anyone-fresh', { flags: { freshLogin: true } }),
  operation('POST', '/goes-on', { permission: { kind: 'user' }, flags: { worksReadOnly: true } }),
  operation('GET', '/old', { flags: { deprecated: true } }),
  operation('POST', '/body', { permission: { kind: 'user' }, body: z.object({ name: z.string(), size: z.int() }) }),
  {
    ...operation('GET', '/gone'),
    handle: () => Promise.reject(new AppError('NOT_FOUND', 'It is not here', { detail: { more: 7 } })),
  },
]);

describeOnBothDatabases('the conventions of the API', (context) => {
  let ada: UserActor;
  let token = '';
  let weakToken = '';
  let eveToken = '';

  beforeAll(async () => {
    const { db } = context();
    const make = async (name: string) =>
      createUser({ db, passwords: cheapPasswords }, { name, password: 'a-password', superuser: false }, SYSTEM);
    const [first, second] = [await make('ada'), await make('eve')];
    ada = { kind: 'user', userId: first.userId, name: 'ada', passwordVersion: 1, scopes: undefined };
    await db.transaction(async (tx) => {
      ({ token } = await createAccessToken(tx, { userId: first.userId, scopes: ['user:admin'] }));
      ({ token: weakToken } = await createAccessToken(tx, { userId: first.userId, scopes: ['repo:read'] }));
      ({ token: eveToken } = await createAccessToken(tx, { userId: second.userId, scopes: ['user:admin'] }));
    });
  });

  const start = async (rules: Partial<WebApiPorts['rules']> = {}, clock: FakeClock = createFakeClock(Date.now())) => {
    const { db } = context();
    const identity = createTestIdentity(db, { clock });
    const ports = webApiPorts(db, identity, rules, clock);
    const handler = serveOperations(TABLE, { ...ports, cookieName: ports.cookie.name, now: () => clock.now() });
    const mount = ADDRESS_SPACE.find(({ prefix }) => prefix === '/api/v1');
    const server = await startHttp({ mounts: [{ errors: 'quay', ...mount, prefix: '/api/v1', handler }] });
    const call = async (method: string, path: string, headers: Credentials = {}, body?: string) => {
      const given = await fetch(`${server.url}/api/v1${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
      });
      const text = await given.text();
      return {
        status: given.status,
        headers: given.headers,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
      };
    };
    return { server, call, clock, session: () => bySession(db, identity, ada) };
  };

  describe('callers', () => {
    it('are known by an access token first, then by the session', async () => {
      const { server, call, session } = await start();
      await using _ = server;
      const cookie = await session();
      expect((await call('GET', '/mine', cookie)).body).toEqual({ caller: 'ada' });
      expect((await call('GET', '/mine', { ...cookie, ...byToken(eveToken) })).body).toEqual({ caller: 'eve' });
    });

    it('are nobody with a token that is unknown, whatever cookie comes with it', async () => {
      const { server, call, session } = await start();
      await using _ = server;
      const headers = { ...(await session()), ...byToken('x'.repeat(40)) };
      expect(await call('GET', '/anyone/', headers)).toMatchObject({ status: 200, body: { caller: null } });
      expect(await call('GET', '/mine', headers)).toMatchObject({ status: 401, body: { error_type: 'invalid_token' } });
    });

    it('are never known by HTTP Basic', async () => {
      const { server, call } = await start();
      await using _ = server;
      for (const login of ['ada:a-password', `$oauthtoken:${token}`]) {
        const headers = { Authorization: `Basic ${Buffer.from(login).toString('base64')}` };
        expect((await call('GET', '/mine', headers)).status).toBe(401);
        expect((await call('GET', '/anyone/', headers)).body).toEqual({ caller: null });
      }
    });

    it('get 401 when they are nobody and 403 when the scope is too small', async () => {
      const { server, call } = await start();
      await using _ = server;
      expect(await call('GET', '/scoped')).toMatchObject({
        status: 401,
        body: { detail: 'Requires authentication', error_type: 'invalid_token' },
      });
      expect(await call('GET', '/scoped', byToken(weakToken))).toMatchObject({
        status: 403,
        body: { detail: 'Unauthorized', error_type: 'insufficient_scope' },
      });
      expect((await call('GET', '/scoped', byToken(token))).status).toBe(200);
    });

    it('who have not signed in get 401 everywhere without anonymous access, but where it is said otherwise', async () => {
      const { server, call } = await start({ anonymousAccess: false });
      await using _ = server;
      expect((await call('GET', '/anyone/')).status).toBe(401);
      expect((await call('GET', '/even-nobody')).status).toBe(200);
      expect((await call('GET', '/anyone/', byToken(token))).status).toBe(200);
    });
  });

  describe('CSRF', () => {
    it.each(CHANGES)('%s by a cookie needs the token, in a header or a parameter', async (method) => {
      const { server, call, session } = await start();
      await using _ = server;
      const credentials = await session();
      const refused = { status: 403, body: { error: 'CSRF token was invalid or missing. (authorized: true)' } };
      expect(await call(method, '/mine', onlyCookie(credentials))).toMatchObject(refused);
      expect(await call(method, '/mine', { ...credentials, 'X-CSRF-Token': 'wrong' })).toMatchObject(refused);
      expect((await call(method, '/mine', credentials)).status).toBe(200);
      const parameter = `/mine?_csrf_token=${credentials['X-CSRF-Token']}`;
      expect((await call(method, parameter, onlyCookie(credentials))).status).toBe(200);
    });

    it('concerns no change with a valid access token, and no reading', async () => {
      const { server, call, session } = await start();
      await using _ = server;
      for (const method of CHANGES) expect((await call(method, '/mine', byToken(token))).status).toBe(200);
      for (const method of ['GET', 'HEAD']) {
        expect((await call(method, '/mine', onlyCookie(await session()))).status).toBe(200);
      }
      // Who has no account needs the proof too where he may call, and a token that is nobody's is none.
      const refused = { status: 403, body: { error: 'CSRF token was invalid or missing. (authorized: false)' } };
      expect(await call('POST', '/anyone/')).toMatchObject(refused);
      expect(await call('POST', '/anyone/', byToken('x'.repeat(40)))).toMatchObject(refused);
    });
  });

  it('browsers read by scripts only', async () => {
    const { server, call } = await start();
    await using _ = server;
    const agents = {
      firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
      safari:
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
      edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
      opera: 'Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.18',
    };
    for (const agent of Object.values(agents)) {
      const typed = await call('GET', '/anyone/', { 'User-Agent': agent });
      expect(typed).toMatchObject({ status: 400, body: { error_type: 'invalid_request' } });
      const scripted = { 'User-Agent': agent, 'X-Requested-With': 'XMLHttpRequest' };
      expect((await call('GET', '/anyone/', scripted)).status).toBe(200);
      expect((await call('PUT', '/mine', { 'User-Agent': agent, ...byToken(token) })).status).toBe(200);
    }
    for (const agent of ['curl/8.14.1', 'Go-http-client/1.1', 'python-requests/2.32.5', 'ansible-httpget']) {
      expect((await call('GET', '/anyone/', { 'User-Agent': agent })).status).toBe(200);
    }
    const { server: open, call: callOpen } = await start({ scriptsOnly: false });
    await using __ = open;
    expect((await callOpen('GET', '/anyone/', { 'User-Agent': agents.firefox })).status).toBe(200);
  });

  it('what is sensitive asks a session for a password of less than ten minutes ago, and a token for none', async () => {
    const { server, call, clock, session } = await start();
    await using _ = server;
    const credentials = await session();
    clock.advance(599_000);
    expect((await call('POST', '/fresh', credentials)).status).toBe(200);
    clock.advance(2000);
    expect(await call('POST', '/fresh', credentials)).toMatchObject({
      status: 401,
      body: { error_type: 'fresh_login_required', status: 401 },
    });
    expect((await call('POST', '/mine', credentials)).status).toBe(200);
    expect((await call('POST', '/fresh', byToken(token))).status).toBe(200);
    const nobody = { Cookie: credentials['Cookie']?.slice(0, -3) + 'xyz' };
    expect((await call('POST', '/anyone-fresh', nobody)).status).toBe(403);
    expect((await call('POST', '/fresh', byToken('x'.repeat(40)))).status).toBe(401);
  });

  it('nothing changes in read-only mode but what must go on', async () => {
    const { server, call } = await start({ readOnly: true });
    await using _ = server;
    for (const method of CHANGES) {
      expect(await call(method, '/mine', byToken(token))).toMatchObject({
        status: 503,
        body: { message: expect.any(String), is_readonly: true },
      });
    }
    expect((await call('POST', '/goes-on', byToken(token))).status).toBe(200);
    expect((await call('GET', '/mine', byToken(token))).status).toBe(200);
  });

  describe('pages of other origins', () => {
    const from = { Origin: 'https://pages.example.org' };

    it('may all call without cookies by default, and read errors too', async () => {
      const { server, call } = await start();
      await using _ = server;
      for (const path of ['/anyone/', '/mine', '/gone', '/none']) {
        const { headers } = await call('GET', path, from);
        expect(headers.get('access-control-allow-origin'), path).toBe('*');
        expect(headers.get('access-control-allow-credentials')).toBeNull();
        expect(headers.get('access-control-allow-methods')?.split(', ').toSorted()).toEqual([
          'DELETE',
          'GET',
          'HEAD',
          'OPTIONS',
          'POST',
          'PUT',
        ]);
        expect(headers.get('access-control-allow-headers')).toBe('Authorization, Content-Type, X-Requested-With');
      }
    });

    it('may send cookies when they are named, and no other origin may', async () => {
      const { server, call } = await start({ allowedOrigins: [from.Origin] });
      await using _ = server;
      const { headers } = await call('GET', '/mine', from);
      expect(headers.get('access-control-allow-origin')).toBe(from.Origin);
      expect(headers.get('access-control-allow-credentials')).toBe('true');
      expect(headers.get('access-control-allow-headers')).toMatch(/Cookie, X-CSRF-Token$/);
      expect(headers.get('vary')).toContain('Origin');
      for (const Origin of ['https://pages.example.org.evil.test', 'http://pages.example.org', 'null']) {
        const { headers: other } = await call('GET', '/anyone/', { Origin });
        expect(other.get('access-control-allow-origin'), Origin).toBeNull();
        expect(other.get('vary')).toContain('Origin');
      }
    });

    it('get 200 for OPTIONS at every address, and what is possible there', async () => {
      const { server, call } = await start({ anonymousAccess: false, readOnly: true });
      await using _ = server;
      for (const { path } of TABLE.operations) expect((await call('OPTIONS', path, from)).status).toBe(200);
      expect((await call('OPTIONS', '/mine')).headers.get('allow')).toBe('DELETE, GET, POST, PUT, OPTIONS');
      expect((await call('OPTIONS', '/none')).status).toBe(404);
    });
  });

  describe('answers', () => {
    it('of failed operations tell everything under Quay’s names, old and new', async () => {
      const { server, call } = await start();
      await using _ = server;
      const { status, body, headers } = await call('GET', '/gone');
      expect(status).toBe(404);
      expect(body).toEqual({
        detail: 'It is not here',
        error_message: 'It is not here',
        error_type: 'not_found',
        title: 'not_found',
        type: `${server.url}/api/v1/error/not_found`,
        status: 404,
        more: 7,
      });
      expect(headers.get('content-type')).toBe('application/json');
    });

    it('of addresses and methods that there are not have the text as message too', async () => {
      const { server, call } = await start();
      await using _ = server;
      expect(await call('GET', '/none')).toMatchObject({ status: 404, body: { message: expect.any(String) } });
      const { status, headers, body } = await call('PATCH', '/mine', byToken(token));
      expect([status, headers.get('allow')]).toEqual([405, 'DELETE, GET, POST, PUT']);
      expect(body).toMatchObject({ message: expect.any(String), status: 405 });
    });

    it('to faulty bodies list what is wrong', async () => {
      const { server, call } = await start();
      await using _ = server;
      const headers = { ...byToken(token), 'Content-Type': 'application/json' };
      const faulty = await call('POST', '/body', headers, '{"size": "large"}');
      expect(faulty).toMatchObject({ status: 400, body: { error_type: 'invalid_request' } });
      expect((faulty.body as { detail: string }).detail).toMatch(/name: .*size: /);
      expect((await call('POST', '/body', headers, '{"name":')).status).toBe(400);
      expect((await call('POST', '/body', headers, '{"name": "x", "size": 3}')).status).toBe(200);
    });

    it('are the same with and without a slash at the end, and for HEAD without their body', async () => {
      const { server, call } = await start();
      await using _ = server;
      for (const path of ['/anyone', '/anyone/', '/mine', '/mine/']) {
        const { status, headers } = await call('GET', path, byToken(token));
        expect(status).toBe(200);
        const head = await call('HEAD', path, byToken(token));
        expect([head.status, head.body]).toEqual([200, undefined]);
        expect(head.headers.get('content-length')).toBe(headers.get('content-length'));
      }
    });

    it('are kept by no cache and run by no browser, errors neither', async () => {
      const { server, call } = await start();
      await using _ = server;
      for (const path of ['/anyone/', '/mine', '/gone', '/none']) {
        const { headers } = await call('GET', path);
        expect(headers.get('cache-control'), path).toBe('no-store');
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      }
    });

    it('of operations on their way out say so', async () => {
      const { server, call } = await start();
      await using _ = server;
      expect((await call('GET', '/old')).headers.get('deprecation')).toBe('true');
      expect((await call('GET', '/anyone/')).headers.get('deprecation')).toBeNull();
    });
  });
});
