import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, startServer, type TestServer } from '../../support/server.ts';

/** What each flag does, looked at from outside on servers that have it on and off. */
const EVERYTHING_ON = {
  FEATURE_ANONYMOUS_ACCESS: true,
  FEATURE_USER_CREATION: true,
  FEATURE_INVITE_ONLY_USER_CREATION: false,
  FEATURE_DIRECT_LOGIN: true,
  FEATURE_MAILING: true,
  // Nobody listens there, and nobody has to: mails wait.
  MAIL_SERVER: '127.0.0.1',
  MAIL_PORT: 9,
  FEATURE_USER_RENAME: true,
  FEATURE_REQUIRE_TEAM_INVITE: true,
  FEATURE_APP_SPECIFIC_TOKENS: true,
  FEATURE_REQUIRE_ENCRYPTED_BASIC_AUTH: true,
  FEATURE_SUPER_USERS: true,
  FEATURE_PARTIAL_USER_AUTOCOMPLETE: true,
  FEATURE_PERMANENT_SESSIONS: true,
  FEATURE_BLACKLISTED_EMAILS: true,
  BLACKLISTED_EMAIL_DOMAINS: ['evil.example'],
  SESSION_COOKIE_SECURE: true,
  FEATURE_LIBRARY_SUPPORT: true,
};

const EVERYTHING_OFF = Object.fromEntries(
  Object.entries(EVERYTHING_ON).map(([key, value]) => [key, typeof value === 'boolean' ? false : value]),
);

interface Registry {
  readonly server: TestServer;
  readonly account: Account;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Calls with the first user's access token, who is a superuser. */
async function call({ server, account }: Registry, method: string, path: string, body?: unknown): Promise<Answer> {
  return send(server, method, path, { Authorization: `Bearer ${account.accessToken}` }, body);
}

async function send(
  server: TestServer,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Answer> {
  const answer = await fetch(server.url + path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** As a browser that has opened a page. */
async function asVisitor({ server }: Registry, path: string, body: unknown): Promise<Answer> {
  const { headers, text } = await send(server, 'GET', '/csrf_token', {});
  const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
  const { csrf_token: token } = JSON.parse(text) as { csrf_token: string };
  return send(server, 'POST', path, { Cookie: cookie, 'X-CSRF-Token': token }, body);
}

const basic = (login: string) => ({ Authorization: `Basic ${Buffer.from(login).toString('base64')}` });

const newUser = (username: string, email = `${username}@example.org`) => ({
  username,
  email,
  password: 'a-password-of-it',
});

describe('a flag', () => {
  let on: Registry;
  let off: Registry;
  let inviteOnly: Registry;

  beforeAll(async () => {
    const start = async (config: Readonly<Record<string, unknown>>): Promise<Registry> => {
      const server = await startServer({ config });
      return { server, account: await server.initialize() };
    };
    [on, off, inviteOnly] = await Promise.all([
      start(EVERYTHING_ON),
      // Only what is tested with them needs a flag on here: people come to be by hand.
      start(EVERYTHING_OFF),
      start({ FEATURE_USER_CREATION: true, FEATURE_INVITE_ONLY_USER_CREATION: true }),
    ]);
  });

  afterAll(async () => {
    for (const { server } of [on, off, inviteOnly]) await server.dispose();
  });

  /** The same question to both. */
  const ask = async <T>(question: (registry: Registry) => Promise<T>) => ({
    on: await question(on),
    off: await question(off),
  });

  it('is told to pages', async () => {
    const told = await ask(async ({ server }) => {
      const { features } = JSON.parse((await send(server, 'GET', '/config', {})).text) as {
        features: Record<string, boolean>;
      };
      return Object.keys(EVERYTHING_ON)
        .filter((key) => key.startsWith('FEATURE_') && key !== 'FEATURE_INVITE_ONLY_USER_CREATION')
        .map((key) => features[key.slice('FEATURE_'.length)]);
    });
    expect(new Set(told.on)).toEqual(new Set([true]));
    expect(new Set(told.off)).toEqual(new Set([false]));
  });

  it('FEATURE_ANONYMOUS_ACCESS lets visitors read', async () => {
    const answers = await ask(async ({ server }) => (await send(server, 'GET', '/api/v1/error/not_found', {})).status);
    expect(answers).toEqual({ on: 200, off: 401 });
  });

  it('FEATURE_USER_CREATION lets people make an account', async () => {
    const answers = await ask(
      async (registry) => (await asVisitor(registry, '/api/v1/user/', newUser('newcomer'))).status,
    );
    expect(answers.on).toBeLessThan(300);
    expect(answers.off).toBe(404);
  });

  it('FEATURE_INVITE_ONLY_USER_CREATION asks them for an invitation', async () => {
    expect((await asVisitor(inviteOnly, '/api/v1/user/', newUser('invited'))).status).toBe(400);
    expect((await asVisitor(on, '/api/v1/user/', newUser('uninvited'))).status).toBeLessThan(300);
  });

  it('FEATURE_BLACKLISTED_EMAILS keeps addresses of some domains out', async () => {
    expect((await asVisitor(on, '/api/v1/user/', newUser('evil', 'x@mail.evil.example'))).status).toBe(400);
    const changed = await call(off, 'POST', '/api/v1/organization/', { name: 'evil-org', email: 'x@evil.example' });
    expect(changed.status).toBe(201);
  });

  it('FEATURE_DIRECT_LOGIN lets them sign in with a password', async () => {
    const answers = await ask(async (registry) => {
      const { username, password } = registry.account;
      return (await asVisitor(registry, '/api/v1/signin', { username, password })).status;
    });
    expect(answers).toEqual({ on: 200, off: 404 });
  });

  it('FEATURE_PERMANENT_SESSIONS and SESSION_COOKIE_SECURE are in the cookie', async () => {
    const cookies = await ask(async ({ server }) =>
      (await send(server, 'GET', '/csrf_token', {})).headers.get('set-cookie'),
    );
    expect(cookies.on).toMatch(/; Secure; Max-Age=\d+$/);
    expect(cookies.off).not.toMatch(/Secure|Max-Age/);
  });

  it('FEATURE_MAILING lets people recover their account', async () => {
    const answers = await ask(
      async (registry) => (await asVisitor(registry, '/api/v1/recovery', { email: 'no@example.org' })).status,
    );
    expect(answers.on).toBeLessThan(404);
    expect(answers.off).toBe(404);
  });

  it('FEATURE_SUPER_USERS makes the resource of superusers', async () => {
    const answers = await ask(async (registry) => (await call(registry, 'GET', '/api/v1/superuser/users/')).status);
    expect(answers).toEqual({ on: 200, off: 404 });
  });

  it('FEATURE_APP_SPECIFIC_TOKENS lets users make tokens for their clients', async () => {
    const answers = await ask(async (registry) => (await call(registry, 'GET', '/api/v1/user/apptoken')).status);
    expect(answers).toEqual({ on: 200, off: 404 });
  });

  it('FEATURE_REQUIRE_ENCRYPTED_BASIC_AUTH refuses plain passwords of clients', async () => {
    const answers = await ask(async ({ server, account }) => {
      const path = `/v2/auth?service=${server.host}`;
      return (await send(server, 'GET', path, basic(`${account.username}:${account.password}`))).status;
    });
    expect(answers).toEqual({ on: 401, off: 200 });
  });

  it('FEATURE_LIBRARY_SUPPORT lets clients leave out the namespace', async () => {
    const answers = await ask(async ({ server, account }) => {
      const path = `/v2/auth?service=${server.host}&scope=repository:app:pull`;
      const { text } = await send(server, 'GET', path, basic(`$oauthtoken:${account.accessToken}`));
      const [, claims = ''] = (JSON.parse(text) as { token: string }).token.split('.');
      const { access } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { access: { name: string }[] };
      return access.map(({ name }) => name);
    });
    expect(answers).toEqual({ on: ['library/app'], off: [] });
  });

  it('FEATURE_PARTIAL_USER_AUTOCOMPLETE finds users by the beginning of their name', async () => {
    const found = await ask(async (registry) => {
      const { text } = await call(registry, 'GET', `/api/v1/entities/${registry.account.username.slice(0, 3)}`);
      return (JSON.parse(text) as { results: unknown[] }).results.length;
    });
    expect(found).toEqual({ on: 1, off: 0 });
  });

  it('FEATURE_USER_RENAME lets users change their name', async () => {
    const names = await ask(async (registry) => {
      await call(registry, 'PUT', '/api/v1/user/', { username: 'renamed' });
      return (JSON.parse((await call(registry, 'GET', '/api/v1/user/')).text) as { username: string }).username;
    });
    expect(names).toEqual({ on: 'renamed', off: 'owner' });
  });
});
