import { expect, it } from 'vitest';
import { type ApiCall, startApi } from '../../../test/support/api.ts';
import { auditLogOf } from '../../../test/support/audit-log.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { cheapPasswords, createTestIdentity, silentLog } from '../../../test/support/identity.ts';
import { createUser, type StandingRules } from '../../identity/index.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { Mailer } from '../../platform/mail/index.ts';
import { JobRunner } from '../../platform/queue/index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
const ADDRESS = '192.0.2.9';

describeOnBothDatabases('users in the hands of superusers', (context) => {
  let number = 0;
  /** An API with a superuser and a user of names that no other test has. */
  const start = async (rules: Partial<StandingRules> = {}) => {
    number += 1;
    const { db } = context();
    const api = await startApi(db, {}, rules);
    const root = await api.person(`root${number}`, { superuser: true });
    const user = await api.person(`user${number}`, { email: `user${number}@example.org` });
    return { db, api, root, user, path: `/superuser/users/${user.name}`, n: number };
  };
  const kindsOf = async (id: number) => (await auditLogOf(context().db, id)).map(({ kind }) => kind);

  it('are created with a password that is shown once, and with which they sign in', async () => {
    const { api, root, db, n } = await start();
    await using _ = api;
    const created = await root.call('POST', '/superuser/users/', { username: `new${n}`, email: `New${n}@Example.org` });
    expect(created).toMatchObject({ status: 200, body: { username: `new${n}`, email: `new${n}@example.org` } });
    const { password, encrypted_password: encrypted } = created.body as {
      password: string;
      encrypted_password: string;
    };
    const signedIn = await api.identity.authenticateBasic(`new${n}`, password, ADDRESS);
    expect(signedIn).toMatchObject({ name: `new${n}` });
    expect(await api.identity.authenticateBasic(`new${n}`, encrypted, ADDRESS)).toMatchObject({ name: `new${n}` });
    const shown = await root.call('GET', `/superuser/users/new${n}`);
    expect(shown.body).toMatchObject({
      kind: 'user',
      name: `new${n}`,
      username: `new${n}`,
      email: `new${n}@example.org`,
      enabled: true,
      super_user: false,
      global_readonly_super_user: false,
      avatar: { kind: 'user' },
    });
    expect(JSON.stringify(shown.body)).not.toContain(password);
    const again = await root.call('POST', '/superuser/users/', { username: `new${n}` });
    expect(again.status).toBe(400);
    const [entry] = await auditLogOf(db, signedIn?.userId ?? 0);
    expect(entry).toMatchObject({
      kind: 'user_create',
      actor: root.name,
      metadata: { username: `new${n}`, superuser: root.name },
    });
  });

  it('are found by their name only: no robots, no organizations, nobody else', async () => {
    const { api, root, user, n } = await start();
    await using _ = api;
    await user.call('PUT', '/user/robots/ci');
    await user.call('POST', '/organization/', { name: `org${n}` });
    for (const name of [`${user.name}+ci`, `org${n}`, 'nobody']) {
      expect((await root.call('GET', `/superuser/users/${name}`)).status).toBe(404);
      expect((await root.call('PUT', `/superuser/users/${name}`, { enabled: false })).status).toBe(404);
      expect((await root.call('PUT', `/superuser/users/${name}/superuser`)).status).toBe(404);
    }
  });

  it('lose what was issued to them and their robots at once when they are disabled', async () => {
    const { api, root, user, path, db } = await start();
    await using _ = api;
    const { identity } = api;
    const robot = (await user.call('PUT', '/user/robots/ci')).body as { token: string };
    const actor = await identity.authenticatePassword(user.name, 'a-password', ADDRESS);
    if (actor === undefined) throw new Error('the user cannot sign in');
    const cookie = await db.transaction((tx) => identity.sessions.begin(tx, actor));
    const refresh = identity.refreshTokens.issue(actor) ?? '';
    expect(await identity.sessions.find(cookie)).toBeDefined();

    expect((await root.call('PUT', path, { enabled: false })).body).toMatchObject({ enabled: false });
    expect(await identity.sessions.find(cookie)).toBeUndefined();
    expect(await identity.refreshTokens.authenticate(refresh)).toBeUndefined();
    expect(await identity.loadActor(actor.userId, actor.passwordVersion)).toBeUndefined();
    expect(await identity.authenticatePassword(user.name, 'a-password', ADDRESS)).toBeUndefined();
    expect(await identity.authenticateBasic(`${user.name}+ci`, robot.token, ADDRESS)).toBeUndefined();
    expect((await user.call('GET', '/user/')).status).toBe(401);

    expect((await root.call('PUT', path, { enabled: true })).body).toMatchObject({ enabled: true });
    expect(await identity.authenticatePassword(user.name, 'a-password', ADDRESS)).toBeDefined();
    expect(await identity.authenticateBasic(`${user.name}+ci`, robot.token, ADDRESS)).toBeDefined();
    // Who was signed in before has to sign in again.
    expect(await identity.sessions.find(cookie)).toBeUndefined();
    expect(await identity.refreshTokens.authenticate(refresh)).toBeUndefined();
    expect((await kindsOf(user.userId)).filter((kind) => /able/.test(kind))).toEqual(['user_disable', 'user_enable']);
  });

  it('get a new password or address, each with its record, and without secrets in it', async () => {
    const { api, root, user, path, db, n } = await start();
    await using _ = api;
    const change = { password: 'a-new-password', email: `Other${n}@example.org` };
    expect((await root.call('PUT', path, change)).body).toMatchObject({ email: `other${n}@example.org` });
    expect(await api.identity.authenticatePassword(user.name, 'a-password', ADDRESS)).toBeUndefined();
    expect(await api.identity.authenticatePassword(user.name, 'a-new-password', ADDRESS)).toBeDefined();
    const log = (await auditLogOf(db, user.userId)).slice(1);
    const by = { username: user.name, superuser: root.name };
    expect(log).toEqual([
      { kind: 'user_change_password', actor: root.name, metadata: by },
      {
        kind: 'user_change_email',
        actor: root.name,
        metadata: { ...by, old_email: `user${n}@example.org`, email: `other${n}@example.org` },
      },
    ]);
    for (const faulty of [{ password: 'short' }, { email: 'nowhere' }, { enabled: 'no' }]) {
      expect((await root.call('PUT', path, faulty)).status).toBe(400);
    }
    await api.person(`taken${n}`, { email: `taken${n}@example.org` });
    expect((await root.call('PUT', path, { email: `taken${n}@example.org`, enabled: false })).status).toBe(400);
    // Either all of it is changed, or nothing.
    expect((await root.call('GET', path)).body).toMatchObject({ enabled: true });
  });

  it('are no concern of another superuser when they are superusers, and nobody locks himself out', async () => {
    const { api, root, n } = await start({ namedSuperusers: new Set([`named${number + 1}`]) });
    await using _ = api;
    await api.person(`named${n}`);
    await api.person(`flagged${n}`, { superuser: true });
    for (const name of [`named${n}`, `flagged${n}`]) {
      for (const change of [{ password: 'a-new-password' }, { email: 'a@example.org' }, { enabled: false }]) {
        expect((await root.call('PUT', `/superuser/users/${name}`, change)).status).toBe(403);
      }
    }
    const own = `/superuser/users/${root.name}`;
    expect((await root.call('PUT', own, { enabled: false })).status).toBe(403);
    expect((await root.call('PUT', own, { email: `root${n}@example.org` })).status).toBe(200);
  });

  it('become superusers while the server runs, and cease to be', async () => {
    const { api, root, user, path } = await start();
    await using _ = api;
    const mayList = async (call: ApiCall) => (await call('GET', '/superuser/organizations/')).status === 200;
    expect(await mayList(user.call)).toBe(false);
    expect((await root.call('PUT', `${path}/superuser`)).body).toMatchObject({ name: user.name, super_user: true });
    expect(await mayList(user.call)).toBe(true);
    // Twice is once.
    expect((await root.call('PUT', `${path}/superuser`)).status).toBe(200);
    expect((await root.call('DELETE', `${path}/superuser`)).body).toMatchObject({ super_user: false });
    expect(await mayList(user.call)).toBe(false);
    expect((await root.call('DELETE', `${path}/superuser`)).status).toBe(200);
    const kinds = (await kindsOf(user.userId)).filter((kind) => kind.endsWith('_superuser'));
    expect(kinds).toEqual(['user_grant_superuser', 'user_revoke_superuser']);
  });

  it('cannot be made or unmade superusers in vain', async () => {
    const rules = {
      namedSuperusers: new Set([`named${number + 1}`]),
      readOnlySuperusers: new Set([`seer${number + 1}`]),
    };
    const { api, root, user, path, n } = await start(rules);
    await using _ = api;
    await api.person(`named${n}`);
    await api.person(`seer${n}`);
    const refused = async (method: string, name: string) => {
      const { status, body } = await root.call(method, `/superuser/users/${name}/superuser`);
      return status === 400 ? String(body['detail']) : `${status}`;
    };
    expect(await refused('DELETE', `named${n}`)).toMatch(/SUPER_USERS/);
    expect(await refused('DELETE', root.name)).toMatch(/himself/);
    expect(await refused('PUT', `seer${n}`)).toMatch(/GLOBAL_READONLY_SUPER_USERS/);
    await root.call('PUT', path, { enabled: false });
    expect(await refused('PUT', user.name)).toMatch(/disabled/);
  });

  it('are administered by nobody when FEATURE_SUPER_USERS is off', async () => {
    const { db } = context();
    await using api = await startApi(db, { featuresOff: new Set(['FEATURE_SUPER_USERS']) }, { superusers: false });
    number += 1;
    const root = await api.person(`root${number}`, { superuser: true });
    expect((await root.call('GET', '/superuser/users/')).status).toBe(404);
    expect((await root.call('GET', '/user/')).body).toMatchObject({ super_user: false });
  });

  it('are listed in pages, each once, with the disabled ones or without', async () => {
    const { api, root, db, n } = await start();
    await using _ = api;
    const names = Array.from({ length: 7 }, (__, index) => `listed${n}-${index}`);
    for (const name of names) {
      await createUser({ db, passwords: cheapPasswords }, { name, password: 'a-password', superuser: false }, SYSTEM);
    }
    await root.call('PUT', `/superuser/users/${names[2]}`, { enabled: false });
    const listAll = async (query: string) => {
      const found: string[] = [];
      let pages = 0;
      for (let next = ''; ; pages += 1) {
        const { status, body } = await root.call('GET', `/superuser/users/?${query}${next}`);
        expect(status).toBe(200);
        found.push(...(body['users'] as { name: string }[]).map(({ name }) => name));
        if (body['next_page'] === undefined) return { found: found.filter((name) => names.includes(name)), pages };
        next = `&next_page=${encodeURIComponent(body['next_page'] as string)}`;
      }
    };
    const paged = await listAll('limit=3');
    expect(paged.found).toEqual(names);
    expect(paged.pages).toBeGreaterThan(2);
    expect(await listAll('')).toEqual({ found: names, pages: 0 });
    const enabled = names.filter((name) => name !== names[2]);
    expect((await listAll('limit=3&disabled=false')).found).toEqual(enabled);
    for (const faulty of ['limit=101', 'limit=-1', 'limit=x', 'next_page=x']) {
      expect((await root.call('GET', `/superuser/users/?${faulty}`)).status).toBe(400);
    }
    const first = await root.call('GET', '/superuser/users/?limit=3');
    const foreign = encodeURIComponent(first.body['next_page'] as string);
    expect((await root.call('GET', `/superuser/organizations/?limit=3&next_page=${foreign}`)).status).toBe(400);
  });

  it('are deleted with what is theirs, and their name and address are free', async () => {
    const { api, root, user, path, n } = await start();
    await using _ = api;
    const robot = (await user.call('PUT', '/user/robots/ci')).body as { token: string };
    expect((await root.call('DELETE', path)).status).toBe(204);
    expect((await root.call('DELETE', path)).status).toBe(404);
    expect((await user.call('GET', '/user/')).status).toBe(401);
    expect(await api.identity.authenticateBasic(`${user.name}+ci`, robot.token, ADDRESS)).toBeUndefined();
    expect(await kindsOf(user.userId)).toContain('user_delete');
    const again = { username: user.name, email: `user${n}@example.org` };
    expect((await root.call('POST', '/superuser/users/', again)).status).toBe(200);
  });

  it('are not deleted while they are superusers, or nobody else administers their organization', async () => {
    const { api, root, user, path, n } = await start();
    await using _ = api;
    await api.person(`other${n}`, { superuser: true });
    expect((await root.call('DELETE', `/superuser/users/other${n}`)).status).toBe(403);
    expect((await root.call('DELETE', `/superuser/users/${root.name}`)).status).toBe(403);
    await user.call('POST', '/organization/', { name: `org${n}` });
    const refused = await root.call('DELETE', path);
    expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining(`org${n}`) } });
    expect((await root.call('GET', path)).status).toBe(200);
  });

  it('are mailed a link for a new password, where they have an address', async () => {
    const { db } = context();
    const mails: string[] = [];
    const mailer: Mailer = {
      enabled: true,
      enqueue: (_, { to }) => Promise.resolve(void mails.push(to)),
      jobs: [],
    };
    number += 1;
    const identity = createTestIdentity(db, { mailer });
    await using api = await startApi(db, { users: identity.users });
    const root = await api.person(`root${number}`, { superuser: true });
    await api.person(`mailed${number}`, { email: `mailed${number}@example.org` });
    await api.person(`mute${number}`);
    const send = (name: string) => root.call('POST', `/superusers/users/${name}/sendrecovery`);
    expect(await send(`mailed${number}`)).toEqual({ status: 200, body: { email: `mailed${number}@example.org` } });
    expect((await send(`mute${number}`)).status).toBe(400);
    expect((await send(root.name)).status).toBe(403);
    expect((await send('nobody')).status).toBe(404);
    // A job looks for the user and mails.
    const jobs = new JobRunner({ db, clock: systemClock, log: silentLog, handlers: identity.users.recovery.jobs });
    while (await jobs.runOnce());
    expect(mails).toEqual([`mailed${number}@example.org`]);
  });
});
