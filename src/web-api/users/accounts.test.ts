import { beforeAll, expect, it } from 'vitest';
import { type AccountServerOptions, startAccountServer } from '../../../test/support/accounts.ts';
import { auditLogOf } from '../../../test/support/audit-log.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { cheapPasswords } from '../../../test/support/identity.ts';
import { POLICY } from '../../../test/support/web-api.ts';
import { ensureRepository, resolveAccess } from '../../catalog/index.ts';
import { createOrganization, createUser, type UserActor } from '../../identity/index.ts';
import { parseRepositoryName } from '../../kernel/reference.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
const PASSWORD = 'a-good-password';

describeOnBothDatabases('an account', (context) => {
  const ids = new Map<string, number>();

  beforeAll(async () => {
    const { db } = context();
    const names = ['ada', 'bob', 'cara', 'dan', 'eve', 'fay', 'gus', 'hal', 'ivy', 'jon', 'kay'];
    for (const name of names) {
      const user = { name, password: PASSWORD, email: `${name}@example.org`, superuser: false };
      ids.set(name, (await createUser({ db, passwords: cheapPasswords }, user, SYSTEM)).userId);
    }
  });

  const start = (options: AccountServerOptions = {}) => startAccountServer(context().db, options);
  const signedIn = async (server: Awaited<ReturnType<typeof start>>, name: string) => {
    const browser = await server.browser();
    expect((await browser.signIn(PASSWORD, name)).status).toBe(200);
    return browser;
  };
  const kindsOf = async (name: string) => (await auditLogOf(context().db, ids.get(name) ?? 0)).map(({ kind }) => kind);
  const makeRepository = async (owner: string, name: string) => {
    const { db } = context();
    const actor = actorOf(ids.get(owner) ?? 0, owner);
    const parsed = nameOf(name);
    await db.transaction((tx) => ensureRepository(tx, POLICY, actor, parsed));
    return actor;
  };

  it('gets a new password without being signed out here, and is signed out everywhere else', async () => {
    await using server = await start();
    const [here, there] = [await signedIn(server, 'ada'), await signedIn(server, 'ada')];
    const before = here.cookie;
    expect((await here.call('PUT', '/api/v1/user/', { password: 'white space' })).status).toBe(400);
    const changed = await here.call('PUT', '/api/v1/user/', { password: 'another-password' });
    expect(changed.status).toBe(200);
    expect(here.cookie).not.toBe(before);
    expect(changed.headers.get('x-next-csrf-token')).not.toBeNull();
    expect(await here.userName()).toBe('ada');
    expect((await here.call('PUT', '/api/v1/user/', { invoice_email: true })).status).toBe(200);
    expect(await there.userName()).toBeUndefined();
    expect(await server.identity.authenticateBasic('ada', PASSWORD, '192.0.2.1')).toBeUndefined();
    expect(await kindsOf('ada')).toEqual([
      'user_create',
      'login_success',
      'login_success',
      'user_change_password',
      'user_change_invoicing',
    ]);
  });

  it('keeps what it says about itself, each with a record', async () => {
    await using server = await start();
    const bob = await signedIn(server, 'bob');
    const change = {
      email: 'Robert@example.org',
      invoice_email_address: 'bills@example.org',
      tag_expiration_s: 86_400,
    };
    const changed = await bob.call('PUT', '/api/v1/user/', change);
    expect(await changed.json()).toMatchObject({ ...change, email: 'robert@example.org' });
    expect((await kindsOf('bob')).slice(2)).toEqual([
      'user_change_invoicing',
      'user_change_tag_expiration',
      'user_change_email',
    ]);
    const wrong = [
      { tag_expiration_s: 7 },
      { email: 'eve@example.org' },
      { email: 'no address' },
      { username: 'robert' },
    ];
    for (const body of wrong) expect((await bob.call('PUT', '/api/v1/user/', body)).status).toBe(400);
    const stranger = await signedIn(server, 'cara');
    const seen = (await (await stranger.call('GET', '/api/v1/users/bob')).json()) as Record<string, unknown>;
    expect(Object.keys(seen).toSorted()).toEqual(['anonymous', 'avatar', 'username']);
    expect((await stranger.call('GET', '/api/v1/users/nobody')).status).toBe(404);
  });

  it('shows the picture that its address has at gravatar.com only with AVATAR_KIND gravatar', async () => {
    const accounts = { recordsSignIns: true, recordsFailedSignIns: false };
    const hashes = [];
    for (const avatarKind of ['local', 'gravatar'] as const) {
      await using server = await start({ ports: { accounts: { ...accounts, avatarKind } } });
      const answer = await (await signedIn(server, 'cara')).call('GET', '/api/v1/user/');
      hashes.push(((await answer.json()) as { avatar: { hash: string } }).avatar.hash);
    }
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    // md5 of cara@example.org, as md5sum prints it.
    expect(hashes[1]).toBe('7d97589a68eb356d93a4117739639dbf');
  });

  it('goes on under its former name after a rename: repositories, robots, sessions and tokens', async () => {
    const { db } = context();
    await using server = await start({ users: { rename: true } });
    const actor = await makeRepository('dan', 'dan/app');
    const dan = await signedIn(server, 'dan');
    const robot = (await (await dan.call('PUT', '/api/v1/user/robots/ci', {})).json()) as { token: string };
    const renamed = await dan.call('PUT', '/api/v1/user/', { username: 'daniel' });
    expect(await renamed.json()).toMatchObject({ username: 'daniel' });
    expect(await dan.userName()).toBe('daniel');
    for (const name of ['dan/app', 'daniel/app']) {
      expect((await resolveAccess(db, POLICY, actor, nameOf(name))).role).toBe('admin');
    }
    for (const login of ['dan+ci', 'daniel+ci']) {
      expect(await server.identity.authenticateBasic(login, robot.token, '192.0.2.1')).toMatchObject({
        name: 'daniel+ci',
      });
    }
    expect(await server.identity.authenticateBasic('dan', PASSWORD, '192.0.2.1')).toMatchObject({ name: 'daniel' });
    const eve = await signedIn(server, 'eve');
    for (const username of ['dan', 'daniel', 'api', 'Eve', 'e']) {
      expect((await eve.call('PUT', '/api/v1/user/', { username })).status).toBe(400);
    }
    const stranger = await server.browser();
    const taken = await stranger.call('POST', '/api/v1/user/', { username: 'dan', password: PASSWORD });
    expect(taken.status).toBe(400);
    expect((await eve.call('POST', '/api/v1/organization/', { name: 'dan' })).status).toBe(400);
    expect((await kindsOf('dan')).at(-1)).toBe('user_change_name');
    expect((await dan.call('PUT', '/api/v1/user/', { username: 'dan' })).status).toBe(200);
    for (const username of ['dan2', 'dan3']) {
      expect((await dan.call('PUT', '/api/v1/user/', { username })).status).toBe(200);
    }
    expect((await dan.call('PUT', '/api/v1/user/', { username: 'dan4' })).status).toBe(400);
  });

  it('frees its former name at once with RENAMED_NAMESPACE_LIFETIME 0s, and when it is deleted', async () => {
    await using server = await start({ users: { rename: true, formerNameLifetimeMs: 0 } });
    const fay = await signedIn(server, 'fay');
    expect((await fay.call('PUT', '/api/v1/user/', { username: 'fay-new' })).status).toBe(200);
    const other = await server.browser();
    const made = await other.call('POST', '/api/v1/user/', { username: 'fay', password: PASSWORD });
    expect(made.status).toBe(200);
    await using kept = await start({ users: { rename: true } });
    const again = await signedIn(kept, 'fay-new');
    await again.call('PUT', '/api/v1/user/', { username: 'fay-newer' });
    expect((await again.call('DELETE', '/api/v1/user/')).status).toBe(204);
    for (const username of ['fay-new', 'fay-newer']) {
      const free = await (await kept.browser()).call('POST', '/api/v1/user/', { username, password: PASSWORD });
      expect(free.status).toBe(200);
    }
  });

  it('is of one of those who take its name at the same time', async () => {
    await using server = await start({ users: { rename: true } });
    const [gus, hal] = [await signedIn(server, 'gus'), await signedIn(server, 'hal')];
    const answers = await Promise.all(
      [gus, hal].map((browser) => browser.call('PUT', '/api/v1/user/', { username: 'winner' })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400]);
  });

  it('is the only one with its address, of those who take it at the same time', async () => {
    await using server = await start({});
    const people = await Promise.all(['jon', 'kay'].map((name) => signedIn(server, name)));
    const answers = await Promise.all(
      people.map((browser) => browser.call('PUT', '/api/v1/user/', { email: 'one@example.org' })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400]);
  });

  it('is deleted with all that is its own, unless an organization would have nobody', async () => {
    const { db } = context();
    await using server = await start();
    const actor = await makeRepository('cara', 'cara/app');
    await db.transaction((tx) => createOrganization(tx, 'caras', { userId: actor.userId }, SYSTEM));
    const cara = await signedIn(server, 'cara');
    const robot = (await (await cara.call('PUT', '/api/v1/user/robots/ci', {})).json()) as { token: string };
    const refused = await cara.call('DELETE', '/api/v1/user/');
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('caras')]);
    expect((await cara.call('DELETE', '/api/v1/organization/caras')).status).toBe(204);
    expect((await cara.call('DELETE', '/api/v1/user/')).status).toBe(204);
    expect(await cara.userName()).toBeUndefined();
    expect(await server.identity.authenticateBasic('cara', PASSWORD, '192.0.2.1')).toBeUndefined();
    expect(await server.identity.authenticateBasic('cara+ci', robot.token, '192.0.2.1')).toBeUndefined();
    expect((await resolveAccess(db, POLICY, actor, nameOf('cara/app'))).repository).toBeUndefined();
    const next = { username: 'cara', password: PASSWORD, email: 'cara@example.org' };
    expect((await (await server.browser()).call('POST', '/api/v1/user/', next)).status).toBe(200);
    expect((await kindsOf('cara')).at(-1)).toBe('user_delete');
  });

  it('becomes an organization whose administrator proves to be one', async () => {
    const { db } = context();
    await using server = await start();
    const actor = await makeRepository('ivy', 'ivy/app');
    const ivy = await signedIn(server, 'ivy');
    const robot = (await (await ivy.call('PUT', '/api/v1/user/robots/ci', {})).json()) as { token: string };
    const convert = (adminUser: string, adminPassword: string) =>
      ivy.call('POST', '/api/v1/user/convert', { adminUser, adminPassword, plan: 'free' });
    const wrong = await convert('bob', 'wrong-password');
    expect([wrong.status, await wrong.json()]).toEqual([400, expect.objectContaining({ reason: 'invaliduser' })]);
    expect((await convert('ivy', PASSWORD)).status).toBe(400);
    expect((await convert('bob', PASSWORD)).status).toBe(200);
    expect(await ivy.userName()).toBe('bob');
    expect(await server.identity.authenticateBasic('ivy', PASSWORD, '192.0.2.1')).toBeUndefined();
    expect(await server.identity.authenticateBasic('ivy+ci', robot.token, '192.0.2.1')).toMatchObject({
      name: 'ivy+ci',
    });
    const bob = actorOf(ids.get('bob') ?? 0, 'bob');
    expect((await resolveAccess(db, POLICY, bob, nameOf('ivy/app'))).role).toBe('admin');
    expect((await resolveAccess(db, POLICY, actor, nameOf('ivy/app'))).actorValid).toBe(false);
    expect(await (await ivy.call('GET', '/api/v1/organization/ivy')).json()).toMatchObject({
      is_admin: true,
      email: 'ivy@example.org',
    });
    expect((await kindsOf('ivy')).at(-1)).toBe('account_convert');
  });

  it('gives an encrypted password for the right one, and slows down who guesses it anywhere', async () => {
    await using server = await start();
    const eve = await signedIn(server, 'eve');
    const key = (await (await eve.call('POST', '/api/v1/user/clientkey', { password: PASSWORD })).json()) as {
      key: string;
    };
    expect(await server.identity.authenticateBasic('eve', key.key, '192.0.2.9')).toMatchObject({ name: 'eve' });
    const guesses: readonly (readonly [string, object])[] = [
      ['/api/v1/user/clientkey', { password: 'wrong-password-1' }],
      ['/api/v1/signin/verify', { password: 'wrong-password-2' }],
      ['/api/v1/signin', { username: 'eve', password: 'wrong-password-3' }],
    ];
    for (const [path, body] of guesses) expect((await eve.call('POST', path, body)).status).toBeLessThan(429);
    const paths: readonly (readonly [string, object])[] = [
      ...guesses,
      ['/api/v1/user/convert', { adminUser: 'eve', adminPassword: 'wrong-password-4' }],
    ];
    for (const [path, body] of paths) {
      const slowed = await eve.call('POST', path, { ...body, password: 'wrong-password-5' });
      expect([path, slowed.status]).toEqual([path, 429]);
      expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  });

  it('has its sign-ins recorded, and failed ones, as the settings say', async () => {
    const { db } = context();
    const accounts = { avatarKind: 'local', recordsSignIns: false, recordsFailedSignIns: true } as const;
    await using server = await start({ ports: { accounts } });
    const before = await auditLogOf(db, ids.get('hal') ?? 0);
    const browser = await server.browser();
    await browser.signIn('wrong-password', 'hal');
    await browser.signIn('wrong-password', 'winner');
    const after = [...(await auditLogOf(db, ids.get('hal') ?? 0)), ...(await auditLogOf(db, ids.get('gus') ?? 0))];
    const failures = after.filter(({ kind }) => kind === 'login_failure');
    expect(failures.length).toBeGreaterThan(0);
    expect(JSON.stringify(failures)).not.toContain('wrong-password');
    expect(before.some(({ kind }) => kind === 'login_failure')).toBe(false);
  });
});

function nameOf(text: string) {
  const name = parseRepositoryName(text);
  if (name === undefined) throw new Error(`"${text}" is not a repository name`);
  return name;
}

function actorOf(userId: number, name: string): UserActor {
  return { kind: 'user', userId, name, passwordVersion: 1, scopes: undefined };
}
