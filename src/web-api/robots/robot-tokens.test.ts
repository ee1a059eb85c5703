import { expect, it } from 'vitest';
import { clockedDatabase } from '../../../test/support/clocked-database.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { IDENTITY_SETTINGS } from '../../../test/support/identity.ts';
import { type RobotOwnerOptions, startRobotOwner } from '../../../test/support/robot-owner.ts';
import { POLICY } from '../../../test/support/web-api.ts';
import type { AuditTables } from '../../audit/index.ts';
import { resolveAccess } from '../../catalog/index.ts';
import type { RobotActor } from '../../identity/index.ts';
import { parseRepositoryName } from '../../kernel/reference.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describeOnBothDatabases('the tokens of a robot', (context) => {
  /** With a clock that the test moves. */
  const start = async (options: Omit<RobotOwnerOptions, 'clock'> = {}) => {
    const clock = createFakeClock();
    const owner = await startRobotOwner(clockedDatabase(context().db, clock), { ...options, clock });
    const robot = `${owner.orgname}+deploy`;
    const path = `/organization/${owner.orgname}/robots/deploy`;
    const isAlive = async (actor: unknown): Promise<boolean> => {
      const name = parseRepositoryName(`${owner.orgname}/app`);
      if (name === undefined) throw new Error('not a name');
      const byGrant = await resolveAccess(owner.db, POLICY, actor as RobotActor, name);
      const { userId, passwordVersion, credential } = actor as RobotActor;
      const byAccount = await owner.identity.loadActor(userId, passwordVersion, credential);
      expect(byAccount !== undefined).toBe(byGrant.actorValid);
      return byGrant.actorValid;
    };
    return { ...owner, clock, robot, path, isAlive };
  };
  const at = (ms: number) => new Date(ms).toISOString();

  it('are changed without a gap: the new one works beside the old one, until that is revoked', async () => {
    const { server, identity, robot, path, call, signIn, isAlive } = await start();
    await using _ = server;
    const first = (await call('PUT', path)).body['token'];
    const added = await call('POST', `${path}/tokens`, { name: 'autumn' });
    expect(added).toMatchObject({
      status: 201,
      body: { name: 'autumn', expires_at: null, last_used_at: null, token: expect.stringMatching(/^[A-Z0-9]{64}$/) },
    });
    const second = added.body['token'];
    expect((await call('GET', path)).body['token']).toBe(second);
    const [old, anew] = [await signIn(robot, first), await signIn(robot, second)];
    if (old === undefined || anew === undefined) throw new Error('the robot cannot sign in');
    const issued = await identity.registryTokens.issue({ actor: old, access: [] });

    const listed = await call('GET', `${path}/tokens`);
    expect(listed.body['tokens']).toMatchObject([{ name: 'default' }, { name: 'autumn' }]);
    expect(JSON.stringify(listed.body)).not.toMatch(/[A-Z0-9]{64}/);
    const shown = (await call('GET', `${path}/tokens?token=true`)).body['tokens'] as Record<string, string>[];
    expect(shown.map(({ token }) => token)).toEqual([first, second]);

    expect(await call('DELETE', `${path}/tokens/${shown[0]?.['uuid']}`)).toMatchObject({ status: 204 });
    expect(await signIn(robot, first)).toBeUndefined();
    // What was issued for it is replayed in vain; what was issued for the other one goes on.
    expect(await isAlive((await identity.registryTokens.verify(issued.token))?.actor)).toBe(false);
    expect(await isAlive(old)).toBe(false);
    expect(await isAlive(anew)).toBe(true);
    expect((await call('DELETE', `${path}/tokens/${shown[0]?.['uuid']}`)).status).toBe(404);
  });

  it('all end when one new is made in the way of Quay', async () => {
    const { server, robot, path, call, signIn, isAlive } = await start();
    await using _ = server;
    const first = (await call('PUT', path)).body['token'];
    const second = (await call('POST', `${path}/tokens`, { name: 'second' })).body['token'];
    const actor = await signIn(robot, second);
    const third = (await call('POST', `${path}/regenerate`)).body['token'];
    expect([await signIn(robot, first), await signIn(robot, second)]).toEqual([undefined, undefined]);
    expect(await isAlive(actor)).toBe(false);
    expect(await isAlive(await signIn(robot, third))).toBe(true);
  });

  it('are not more than one after several were made in the way of Quay at the same time', async () => {
    const { server, path, call } = await start();
    await using _ = server;
    const made = await Promise.all([1, 2, 3, 4].map(() => call('PUT', path)));
    expect(made.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 400, 400, 400]);
    const tokens = await Promise.all([1, 2, 3, 4].map(() => call('POST', `${path}/regenerate`)));
    const left = (await call('GET', `${path}/tokens?token=true`)).body['tokens'] as { token: string }[];
    expect(left).toHaveLength(1);
    expect(tokens.map(({ body }) => body['token'])).toContain(left[0]?.token);
  });

  it('end when it was said, and whoever still uses one is told so; what they got ends with them', async () => {
    const { server, clock, identity, robot, path, call, signIn } = await start();
    await using _ = server;
    await call('PUT', path);
    const wanted = { name: 'for a while', expires_at: at(clock.now() + HOUR_MS / 2) };
    const made = await call('POST', `${path}/tokens`, wanted);
    expect(made.body['expires_at']).toBe(wanted.expires_at);
    const actor = await signIn(robot, made.body['token']);
    if (actor === undefined) throw new Error('the robot cannot sign in');
    expect(await identity.registryTokens.issue({ actor, access: [] })).toMatchObject({ expiresInSeconds: 1800 });
    clock.advance(HOUR_MS / 2);
    await expect(signIn(robot, made.body['token'])).rejects.toThrow(
      /^The token "for a while" of the robot "company\d+\+deploy" expired at \d{4}-\d\d-\d\d \d\d:\d\d UTC; ask its owner for a new one$/,
    );
    // The one that is shown is one that works.
    expect(await signIn(robot, (await call('GET', path)).body['token'])).toMatchObject({ kind: 'robot' });
    expect((await call('POST', `${path}/tokens`, { name: 'late', expires_at: at(clock.now() - 1) })).status).toBe(400);
  });

  it('do not outlive their robot, which may end too', async () => {
    const { server, clock, robot, path, call, signIn, isAlive } = await start();
    await using _ = server;
    const made = await call('PUT', path, { expires_at: at(clock.now() + DAY_MS) });
    expect(made.body).toMatchObject({ expires_at: at(clock.now() + DAY_MS) });
    const actor = await signIn(robot, made.body['token']);
    expect((await call('PUT', `${path}/expiry`, { expires_at: at(clock.now() + HOUR_MS) })).status).toBe(200);
    expect(await isAlive(actor)).toBe(false);
    clock.advance(2 * HOUR_MS);
    await expect(signIn(robot, made.body['token'])).rejects.toThrow(/^The robot "company\d+\+deploy" expired at/);
    await call('PUT', `${path}/expiry`, { expires_at: null });
    expect((await call('GET', path)).body).not.toHaveProperty('expires_at');
    expect(await signIn(robot, made.body['token'])).toMatchObject({ kind: 'robot' });
  });

  it('are removed a month after their end, robots too', async () => {
    const { server, clock, identity, orgname, path, call } = await start();
    await using _ = server;
    await call('PUT', path);
    await call('POST', `${path}/tokens`, { name: 'short', expires_at: at(clock.now() + HOUR_MS) });
    await call('PUT', `/organization/${orgname}/robots/short`, { expires_at: at(clock.now() + HOUR_MS) });
    const clean = () => identity.robots.jobs[0]?.run(undefined, new AbortController().signal);
    const names = async () => {
      const robots = (await call('GET', `/organization/${orgname}/robots`)).body['robots'] as { name: string }[];
      const tokens = (await call('GET', `${path}/tokens`)).body['tokens'] as { name: string }[];
      return [...robots, ...tokens].map(({ name }) => name.replace(`${orgname}+`, ''));
    };
    clock.advance(30 * DAY_MS);
    await clean();
    expect(await names()).toEqual(['deploy', 'short', 'default', 'short']);
    clock.advance(2 * HOUR_MS);
    await clean();
    expect(await names()).toEqual(['deploy', 'default']);
  });

  it('tell when they were last used, to the minute, without a write for each use', async () => {
    const { server, clock, identity, robot, path, call, signIn } = await start();
    await using _ = server;
    const token = (await call('PUT', path)).body['token'];
    await call('POST', `${path}/tokens`, { name: 'unused' });
    expect((await call('GET', path)).body['last_accessed']).toBeNull();
    clock.advance(HOUR_MS);
    await signIn(robot, token);
    await signIn(robot, token);
    expect(clock.pending).toBe(1);
    await identity.flushRobotUses();
    const used = at(clock.now());
    const lastUses = async () => {
      const tokens = (await call('GET', `${path}/tokens`)).body['tokens'] as { last_used_at: string | null }[];
      return tokens.map(({ last_used_at: time }) => time);
    };
    expect(await lastUses()).toEqual([used, null]);
    expect((await call('GET', path)).body['last_accessed']).not.toBeNull();
    clock.advance(50_000);
    await signIn(robot, token);
    await identity.flushRobotUses();
    expect(await lastUses()).toEqual([used, null]);
    clock.advance(10_001);
    await signIn(robot, token);
    await identity.flushRobotUses();
    expect(await lastUses()).toEqual([at(clock.now()), null]);
  });

  it('are bounded in number and named', async () => {
    const { server, path, call } = await start();
    await using _ = server;
    await call('PUT', path);
    for (let index = 1; index < 20; index++) {
      expect((await call('POST', `${path}/tokens`, { name: `t${index}` })).status).toBe(201);
    }
    expect((await call('POST', `${path}/tokens`, { name: 'one more' })).body['detail']).toContain('20 tokens');
    await call('POST', `${path}/regenerate`);
    expect((await call('POST', `${path}/tokens`, { name: 'default' })).body['detail']).toContain('already');
    for (const name of ['', ' ', 'x'.repeat(65), 'a\u0000b', 'a\nb', 'a\u202eb', 7]) {
      expect((await call('POST', `${path}/tokens`, { name })).status, JSON.stringify(name)).toBe(400);
    }
  });

  it('cannot be guessed for long, and guesses of a stranger keep nobody out who has the right one', async () => {
    const { server, robot, path, call, signIn } = await start();
    await using _ = server;
    const token = (await call('PUT', path)).body['token'];
    const [neighbour, elsewhere] = ['198.51.100.7', '203.0.113.9'];
    expect(await signIn(robot, token, neighbour)).toMatchObject({ kind: 'robot' });
    const guess = (index: number) => signIn(robot, String(index).padStart(64, 'A'), neighbour);
    for (let index = 0; index < 3; index++) expect(await guess(index)).toBeUndefined();
    await expect(guess(3)).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      headers: { 'Retry-After': expect.stringMatching(/^\d+$/) },
    });
    // Behind the same address, and from any other, also with a token that nobody has used before.
    expect(await signIn(robot, token, neighbour)).toMatchObject({ kind: 'robot' });
    expect(await signIn(robot, token, elsewhere)).toMatchObject({ kind: 'robot' });
    const fresh = (await call('POST', `${path}/tokens`, { name: 'fresh' })).body['token'];
    expect(await signIn(robot, fresh, neighbour)).toMatchObject({ kind: 'robot' });
    // It was no licence to guess on.
    await expect(guess(4)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  });

  it('let a client in that opens many connections at once', async () => {
    const { server, robot, path, call, signIn } = await start();
    await using _ = server;
    const token = (await call('PUT', path)).body['token'];
    const actors = await Promise.all(Array.from({ length: 50 }, () => signIn(robot, token)));
    expect(actors.every((actor) => actor?.kind === 'robot')).toBe(true);
  });

  it('leave records of what was done with them', async () => {
    const { server, db, user, orgname, path, call } = await start();
    await using _ = server;
    await call('PUT', path, { description: 'rolls out' });
    await call('POST', `${path}/tokens`, { name: 'second' });
    const [, second] = (await call('GET', `${path}/tokens`)).body['tokens'] as { uuid: string }[];
    await call('DELETE', `${path}/tokens/${second?.uuid}`);
    await call('POST', `${path}/regenerate`);
    await call('PUT', `${path}/expiry`, { expires_at: null });
    await call('DELETE', path);
    const rows = await db
      .read<AuditTables>()
      .selectFrom('audit_log')
      .select(['kind', 'actor_name', 'metadata'])
      .where('metadata', 'like', '%deploy%')
      .where('actor_name', '=', user.name)
      .orderBy('id')
      .execute();
    expect(rows.map(({ kind, metadata }) => [kind, JSON.parse(metadata)])).toEqual([
      ['create_robot', { robot: 'deploy', description: 'rolls out', unstructured_metadata: {} }],
      ['create_robot_token', { robot: `${orgname}+deploy`, token: 'second', expires_at: null }],
      ['revoke_robot_token', { robot: `${orgname}+deploy`, token: 'second' }],
      ['regenerate_robot_token', { robot: `${orgname}+deploy` }],
      ['change_robot_expiry', { robot: `${orgname}+deploy`, expires_at: null }],
      ['delete_robot', { robot: 'deploy' }],
    ]);
  });

  it('are of no use where robots are switched off, but for exceptions', async () => {
    const owner = await start();
    await using _ = owner.server;
    const token = (await owner.call('PUT', owner.path)).body['token'];
    const issued = await owner.identity.registryTokens.issue({
      actor: (await owner.signIn(owner.robot, token)) ?? fail(),
      access: [],
    });
    const exceptions = [owner.robot];
    const closed = await start({ settings: { robots: { ...IDENTITY_SETTINGS.robots, disallowed: true } } });
    await using __ = closed.server;
    const open = await start({ settings: { robots: { ...IDENTITY_SETTINGS.robots, disallowed: true, exceptions } } });
    await using ___ = open.server;
    await expect(closed.signIn(owner.robot, token)).rejects.toThrow(
      /^Robot accounts are switched off .*ROBOTS_DISALLOW/,
    );
    // The same words for a robot that there is not.
    await expect(closed.signIn('nobody+here', token)).rejects.toThrow(/^Robot accounts are switched off/);
    expect(await closed.identity.registryTokens.verify(issued.token)).toBeUndefined();
    expect((await closed.call('PUT', closed.path)).body['detail']).toContain('ROBOTS_DISALLOW');
    expect(await open.signIn(owner.robot, token)).toMatchObject({ kind: 'robot' });
    expect(await open.identity.registryTokens.verify(issued.token)).toBeDefined();
  });

  it('stay as long as something refers to their robot', async () => {
    let use: string | undefined = 'the mirror of company/app uses it';
    const { server, path, call } = await start({ ports: { robotInUse: () => Promise.resolve(use) } });
    await using _ = server;
    await call('PUT', path);
    const refused = await call('DELETE', path);
    expect(refused).toMatchObject({ status: 400, body: { error_type: 'invalid_request' } });
    expect(refused.body['detail']).toMatch(/cannot be deleted: the mirror of company\/app uses it$/);
    use = undefined;
    expect((await call('DELETE', path)).status).toBe(204);
  });
});

function fail(): never {
  throw new Error('the robot cannot sign in');
}
