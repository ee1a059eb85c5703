import { beforeAll, expect, test } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { startHttp } from '../../test/support/http.ts';
import { createTestIdentity } from '../../test/support/identity.ts';
import { type Actor, createAccessToken, createUser, type Identity, type RegistryGrant } from '../identity/index.ts';
import { createTokenEndpoint } from './token-endpoint.ts';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

describeOnBothDatabases('the token endpoint', (context) => {
  let identity: Identity;
  let userId: number;
  beforeAll(async () => {
    const { db } = context();
    identity = createTestIdentity(db);
    const user = { name: 'alice', email: 'alice@example.org', password: 'correct-horse', superuser: false };
    ({ userId } = await createUser({ db, passwords: identity.passwords }, user, { kind: 'system', name: undefined }));
  });

  async function ask(
    query: string,
    options: {
      login?: string;
      form?: string;
      method?: string;
      anonymous?: boolean;
      headers?: Record<string, string>;
    } = {},
  ): Promise<Answer & { signIns: string[] }> {
    const signIns: string[] = [];
    const handler = createTokenEndpoint({
      ...identity,
      grantedActions: async (actor: Actor, name) => {
        if (actor.kind === 'user' && name.startsWith('alice/')) return ['pull', 'push', '*'];
        return name.startsWith('library/') ? ['pull'] : [];
      },
      signedIn: (actor) => signIns.push(actor.name),
      anonymousAccess: options.anonymous ?? true,
      libraryNamespace: 'library',
      serverHostname: 'registry.test',
    });
    await using server = await startHttp({ mounts: [{ prefix: '/v2/auth', errors: 'oci', handler }] });
    const headers = new Headers(options.headers);
    if (options.login !== undefined) {
      headers.set('Authorization', `Basic ${Buffer.from(options.login).toString('base64')}`);
    }
    if (options.form !== undefined && !headers.has('Content-Type')) {
      headers.set('Content-Type', 'application/x-www-form-urlencoded');
    }
    const method = options.method ?? (options.form === undefined ? 'GET' : 'POST');
    const response = await fetch(`${server.url}/v2/auth${query}`, {
      method,
      headers,
      ...(options.form === undefined ? {} : { body: options.form }),
    });
    const text = await response.text();
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    return { status: response.status, headers: response.headers, body, signIns };
  }

  async function grantOf(answer: Answer): Promise<RegistryGrant> {
    const grant = await identity.registryTokens.verify(String(answer.body['token']));
    if (grant === undefined) throw new Error(JSON.stringify(answer.body));
    return grant;
  }

  test('answers in the form of the token specification', async () => {
    const answer = await ask('?service=registry.test&scope=repository:alice/app:pull,push', {
      login: 'alice:correct-horse',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-type')).toBe('application/json');
    const { token, access_token, expires_in, issued_at, refresh_token } = answer.body;
    expect(access_token).toBe(token);
    expect(expires_in).toBe(3600);
    expect(new Date(String(issued_at)).toISOString()).toBe(issued_at);
    expect(refresh_token).toBeUndefined();
    expect(await grantOf(answer)).toMatchObject({
      actor: { kind: 'user', userId, name: 'alice' },
      access: [{ type: 'repository', name: 'alice/app', actions: ['pull', 'push'] }],
    });
  });

  test('drops what the actor may not do, and tells nothing more', async () => {
    const answer = await ask('?scope=repository:bob/secret:pull,push&scope=repository:nginx:pull,push&scope=x:y:z', {
      login: 'alice:correct-horse',
    });
    expect((await grantOf(answer)).access).toEqual([
      { type: 'repository', name: 'bob/secret', actions: [] },
      { type: 'repository', name: 'library/nginx', actions: ['pull'] },
    ]);
    expect(answer.body['scope']).toBe('repository:library/nginx:pull');
  });

  test('knows every name of the service, and none', async () => {
    for (const query of ['?service=old.name.test', '?service=', '', '?service=a&service=b&account=bob&client_id=x']) {
      expect((await ask(query, { login: 'alice:correct-horse' })).status).toBe(200);
    }
  });

  test('gives anonymous clients a token for what is public', async () => {
    for (const login of [undefined, ':']) {
      const answer = await ask('?scope=repository:nginx:pull', login === undefined ? {} : { login });
      expect(await grantOf(answer)).toMatchObject({
        actor: { kind: 'anonymous' },
        access: [{ name: 'library/nginx', actions: ['pull'] }],
      });
    }
  });

  test('refuses anonymous clients when the registry is closed to them', async () => {
    const answer = await ask('?scope=repository:nginx:pull', { anonymous: false });
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
  });

  test('refuses wrong credentials in the same words, whether or not the user exists', async () => {
    const known = await ask('?scope=repository:nginx:pull', { login: 'alice:wrong-horse' });
    expect(known.status).toBe(401);
    expect(known.headers.get('www-authenticate')).toBe('Basic realm="registry.test"');
    const textOf = (answer: { readonly body: Record<string, unknown> }) => {
      const [error] = answer.body['errors'] as { code: string; message: string }[];
      return [error?.code, error?.message];
    };
    const wrongPassword = ['UNAUTHORIZED', 'The user name, password or token is wrong'];
    expect(textOf(known)).toEqual(wrongPassword);
    for (const login of [
      'nobody:wrong-horse',
      'nobody@example.org:wrong-horse',
      'alice:',
      ':x',
      'ALICE:correct-horse',
    ]) {
      const unknown = await ask('?scope=repository:nginx:pull', { login });
      expect([login, unknown.status, textOf(unknown)]).toEqual([login, 401, wrongPassword]);
    }
    const bearer = await ask('', { headers: { Authorization: 'Bearer x' } });
    expect([bearer.status, textOf(bearer)]).toEqual([401, wrongPassword]);
  });

  test.each([
    ['$oauthtoken', 'The access token is wrong, has expired or was withdrawn; use another one'],
    ['$app', 'The app token is wrong, has expired or was revoked; make a new one in your account settings'],
    ['$token', 'The token is wrong or has expired'],
    ['alice+ci', 'The name of the robot or its token is wrong; its owner can show the token or make a new one'],
    ['nobody+ci', 'The name of the robot or its token is wrong; its owner can show the token or make a new one'],
    ['$other', 'The user name, password or token is wrong'],
  ])('says to %s what to do', async (login, message) => {
    const answer = await ask('', { login: `${login}:wrong` });
    expect([answer.status, answer.body['errors']]).toMatchObject([401, [{ code: 'UNAUTHORIZED', message }]]);
  });

  test('accepts an access token as the password of $oauthtoken, and keeps its scopes', async () => {
    const { token } = await context().db.transaction((tx) => createAccessToken(tx, { userId, scopes: ['repo:read'] }));
    const answer = await ask('?offline_token=true', { login: `$oauthtoken:${token}` });
    expect((await grantOf(answer)).actor).toMatchObject({ name: 'alice', scopes: ['repo:read'] });
    expect(answer.body['refresh_token']).toBeUndefined();
  });

  test('a sign-in without scopes is told, a token for work is not', async () => {
    expect((await ask('?account=alice', { login: 'alice:correct-horse' })).signIns).toEqual(['alice']);
    expect((await ask('?scope=repository:nginx:pull', { login: 'alice:correct-horse' })).signIns).toEqual([]);
    expect((await ask('')).signIns).toEqual([]);
    expect((await ask('', { login: 'alice:wrong' })).signIns).toEqual([]);
  });

  test('OAuth2: password, then the refresh token instead of it', async () => {
    const form = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString();
    const signedIn = await ask('', {
      form: form({
        grant_type: 'password',
        service: 'registry.test',
        client_id: 'containerd-client',
        access_type: 'offline',
        username: 'alice',
        password: 'correct-horse',
        scope: 'repository:alice/app:pull repository:nginx:pull',
      }),
    });
    expect((await grantOf(signedIn)).access.map(({ name }) => name)).toEqual(['alice/app', 'library/nginx']);
    const refresh_token = String(signedIn.body['refresh_token']);
    const refreshed = await ask('', {
      form: form({ grant_type: 'refresh_token', refresh_token, scope: 'repository:alice/app:push' }),
    });
    expect(await grantOf(refreshed)).toMatchObject({
      actor: { name: 'alice' },
      access: [{ name: 'alice/app', actions: ['push'] }],
    });
    expect(refreshed.body['refresh_token']).toBeUndefined();
    const byBasic = await ask('?offline_token=true', { login: 'alice:correct-horse' });
    expect(byBasic.body['refresh_token']).toEqual(expect.any(String));
    const bad = await ask('', { form: form({ grant_type: 'refresh_token', refresh_token: `${refresh_token}x` }) });
    expect(bad.status).toBe(401);
    const wrong = await ask('', { form: form({ grant_type: 'password', username: 'bob', password: 'x' }) });
    expect(wrong.status).toBe(401);
  });

  test.each([
    ['an unknown grant', { form: 'grant_type=client_credentials' }],
    ['no grant', { form: '' }],
    ['another type of body', { form: '{}', headers: { 'Content-Type': 'application/json' } }],
    ['too large a body', { form: `grant_type=password&x=${'x'.repeat(70_000)}` }],
  ])('OAuth2: %s is a bad request', async (_, options) => {
    const answer = await ask('', { method: 'POST', ...options });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ errors: [{ message: expect.any(String) }] });
  });

  test('more than 100 scopes are a bad request', async () => {
    const scopes = Array.from({ length: 101 }, (_, i) => `repository:a/b${i}:pull`).join('+');
    expect((await ask(`?scope=${scopes}`)).status).toBe(400);
  });

  test.each(['PATCH', 'PUT', 'DELETE'])('%s is not a method of it', async (method) => {
    const answer = await ask('', { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
  });
});
