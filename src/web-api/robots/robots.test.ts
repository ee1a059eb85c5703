import { describe, expect, inject, it } from 'vitest';
import { createTestDatabase, describeOnBothDatabases } from '../../../test/support/databases.ts';
import { cheapPasswords, createTestIdentity } from '../../../test/support/identity.ts';
import { startRobotOwner } from '../../../test/support/robot-owner.ts';
import { POLICY } from '../../../test/support/web-api.ts';
import { MIGRATIONS } from '../../app/migrations.ts';
import { decide, ensureRepository, resolveAccess } from '../../catalog/index.ts';
import { createUser } from '../../identity/index.ts';
import type { IdentityTables, OAuthScope } from '../../identity/index.ts';
import { parseRepositoryName } from '../../kernel/reference.ts';
import { createPostgresDatabase } from '../../platform/db/index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;

describeOnBothDatabases('robots', (context) => {
  const start = (scopes?: readonly OAuthScope[]) =>
    startRobotOwner(context().db, scopes === undefined ? {} : { scopes });

  it('are made for an organization, shown with their token, and pull what they are granted', async () => {
    const { db, identity, server, user, orgname, call } = await start();
    await using _ = server;
    const made = await call('PUT', `/organization/${orgname}/robots/deploy`, {
      description: 'rolls out',
      unstructured_metadata: { team: 'ops' },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { name: `${orgname}+deploy`, description: 'rolls out', unstructured_metadata: { team: 'ops' } },
    });
    expect(made.body['token']).toMatch(/^[A-Z0-9]{64}$/);
    expect((await call('GET', `/organization/${orgname}/robots/deploy`)).body['token']).toBe(made.body['token']);

    const app = parseRepositoryName(`${orgname}/app`);
    if (app === undefined) throw new Error('not a name');
    await db.transaction((tx) => ensureRepository(tx, POLICY, user, app));
    const robot = await identity.authenticateBasic(`${orgname}+deploy`, String(made.body['token']), '192.0.2.1');
    if (robot === undefined) throw new Error('the robot cannot sign in');
    const may = async (action: 'pull' | 'push') => decide(await resolveAccess(db, POLICY, robot, app), action);
    expect(await may('pull')).toBe('unknown');

    const grant = `/repository/${app}/permissions/user/${orgname}%2Bdeploy`;
    expect(await call('PUT', grant, { role: 'read' })).toMatchObject({
      status: 200,
      body: { role: 'read', name: `${orgname}+deploy`, is_robot: true, is_org_member: false },
    });
    expect([await may('pull'), await may('push')]).toEqual(['allowed', 'denied']);
    await call('PUT', grant, { role: 'write' });
    expect(await may('push')).toBe('allowed');
    const listed = await call('GET', `/organization/${orgname}/robots?permissions=true&token=false`);
    expect(listed.body).toEqual({
      robots: [expect.objectContaining({ name: `${orgname}+deploy`, teams: [], repositories: ['app'] })],
    });
    expect(JSON.stringify(listed.body)).not.toContain(made.body['token']);
    expect((await call('GET', `/organization/${orgname}/robots/deploy/permissions`)).body).toEqual({
      permissions: [{ repository: { name: 'app', is_public: false }, role: 'write' }],
    });
    expect((await call('DELETE', grant)).status).toBe(204);
    expect(await may('pull')).toBe('unknown');
  });

  it('are refused at once with an old token, when they are deleted', async () => {
    const { db, identity, server, name, call } = await start();
    await using _ = server;
    const signIn = (token: unknown) => identity.authenticateBasic(`${name}+ci`, String(token), '192.0.2.1');
    const first = (await call('PUT', '/user/robots/ci')).body['token'];
    expect(await signIn(first)).toMatchObject({ kind: 'robot', name: `${name}+ci` });
    const second = (await call('POST', '/user/robots/ci/regenerate')).body['token'];
    expect(await signIn(first)).toBeUndefined();
    const robot = await signIn(second);
    if (robot === undefined) throw new Error('the robot cannot sign in');
    expect((await call('DELETE', '/user/robots/ci')).status).toBe(204);
    expect(await signIn(second)).toBeUndefined();
    expect((await resolveAccess(db, POLICY, robot, parseRepositoryName(`${name}/x`) ?? fail())).actorValid).toBe(false);
    // The name is free at once.
    expect((await call('PUT', '/user/robots/ci')).status).toBe(201);
  });

  it('are disabled with their owner', async () => {
    const { db, identity, server, user, name, call } = await start();
    await using _ = server;
    const token = String((await call('PUT', '/user/robots/ci')).body['token']);
    const robot = await identity.authenticateBasic(`${name}+ci`, token, '192.0.2.1');
    if (robot === undefined) throw new Error('the robot cannot sign in');
    expect(await identity.loadActor(robot.userId, robot.passwordVersion)).toMatchObject({ name: `${name}+ci` });
    await db.transaction(async (tx) => {
      const owner = tx.query<IdentityTables>().updateTable('namespace').set({ enabled: 0 });
      await owner.where('id', '=', user.userId).execute();
    });
    expect(await identity.authenticateBasic(`${name}+ci`, token, '192.0.2.1')).toBeUndefined();
    expect(await identity.loadActor(robot.userId, robot.passwordVersion)).toBeUndefined();
  });

  it('have names of their own, which say who owns them', async () => {
    const { server, orgname, call } = await start();
    await using _ = server;
    expect((await call('PUT', '/user/robots/ci')).status).toBe(201);
    expect((await call('PUT', `/organization/${orgname}/robots/ci`)).status).toBe(201);
    expect((await call('PUT', '/user/robots/ci')).body['detail']).toContain('Existing robot');
    for (const bad of ['X', 'a', 'a+b', 'a b', 'a..b', 'x'.repeat(300)]) {
      expect((await call('PUT', `/user/robots/${encodeURIComponent(bad)}`)).status).toBe(400);
    }
    expect((await call('GET', '/user/robots/none')).status).toBe(400);
  });

  it('are nobody else’s to see or change, and a token needs the scope', async () => {
    const owner = await start();
    await using _ = owner.server;
    await owner.call('PUT', `/organization/${owner.orgname}/robots/deploy`);
    const stranger = await start();
    await using __ = stranger.server;
    for (const [method, path] of [
      ['GET', `/organization/${owner.orgname}/robots`],
      ['GET', `/organization/${owner.orgname}/robots/deploy`],
      ['PUT', `/organization/${owner.orgname}/robots/mine`],
      ['DELETE', `/organization/${owner.orgname}/robots/deploy`],
      ['GET', '/organization/nowhere/robots'],
    ] as const) {
      expect((await stranger.call(method, path)).status).toBe(403);
      expect((await stranger.call(method, path, undefined, 'x'.repeat(40))).status).toBe(401);
    }
    const reader = await start(['repo:read', 'user:read']);
    await using ___ = reader.server;
    expect((await reader.call('GET', '/user/robots')).status).toBe(403);
    expect((await reader.call('GET', `/organization/${reader.orgname}/robots`)).status).toBe(403);
  });
});

describe.skipIf('missing' in inject('postgres'))('a database that takes no changes (postgres)', () => {
  it('lets robots sign in', async () => {
    const { db, uri, drop } = await createTestDatabase('postgres');
    const identity = createTestIdentity(db);
    const ports = { db, passwords: cheapPasswords };
    const { userId, name } = await createUser(
      ports,
      { name: 'acme', password: 'a-password', superuser: false },
      SYSTEM,
    );
    const { token } = await db.transaction((tx) =>
      identity.robots.create(tx, { owner: { id: userId, name }, shortName: 'ci' }, SYSTEM),
    );
    const standby = `${uri}?options=-c%20default_transaction_read_only%3Don`;
    const readOnly = await createPostgresDatabase({ uri: standby, migrations: MIGRATIONS });
    const there = createTestIdentity(readOnly);
    expect(await there.authenticateBasic('acme+ci', token, '192.0.2.1')).toMatchObject({ kind: 'robot' });
    await readOnly.close();
    await drop();
  });
});

function fail(): never {
  throw new Error('not a name');
}
