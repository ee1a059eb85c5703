import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { startHttp, type TestServer } from '../../../test/support/http.ts';
import { IDENTITY_SETTINGS } from '../../../test/support/identity.ts';
import { startRobotOwner } from '../../../test/support/robot-owner.ts';
import { POLICY } from '../../../test/support/web-api.ts';
import type { AuditEntry, AuditTables } from '../../audit/index.ts';
import { resolveAccess } from '../../catalog/index.ts';
import type { IdentityTables } from '../../identity/index.ts';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { parseRepositoryName } from '../../kernel/reference.ts';
import { createGuardedFetch } from '../../platform/net/index.ts';
import { createRobotTokenExchange } from './exchange-robot-token.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const PATH = '/oauth2/federation/robot/token';

describeOnBothDatabases('the federated identities of a robot', (context) => {
  let issuing: TestServer;
  let issuer: string;
  beforeAll(async () => {
    const answers: Readonly<Record<string, () => object>> = {
      '/.well-known/openid-configuration': () => ({ issuer, jwks_uri: `${issuer}/keys` }),
      '/keys': () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] }),
    };
    issuing = await startHttp({
      mounts: [
        { prefix: '/', errors: 'quay', handler: ({ path, res }) => void res.end(JSON.stringify(answers[path]?.())) },
      ],
    });
    issuer = issuing.url;
  });
  afterAll(() => issuing.close());

  const token = (claims: Readonly<Record<string, unknown>> = {}) =>
    new SignJWT({ iss: issuer, sub: 'job', aud: 'registry', ref: 'refs/heads/main', ...claims })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'one' })
      .setExpirationTime('5m')
      .sign(privateKey);

  const start = async (robots: Partial<typeof IDENTITY_SETTINGS.robots> = {}, clock: Clock = systemClock) => {
    const owner = await startRobotOwner(context().db, {
      clock,
      settings: { robots: { ...IDENTITY_SETTINGS.robots, allowHttp: true, ...robots } },
      ports: { net: createGuardedFetch({ allowHosts: ['127.0.0.1'] }) },
    });
    const recorded: AuditEntry[] = [];
    const exchanging = await startHttp({
      mounts: [
        {
          prefix: PATH,
          errors: 'quay',
          handler: createRobotTokenExchange({ ...owner.identity, record: (entry) => recorded.push(entry) }),
        },
      ],
    });
    const exchange = async (name: string, secret: string, method = 'GET') => {
      const Authorization = `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
      const answer = await fetch(`${exchanging.url}${PATH}`, { method, headers: { Authorization } });
      const body = (await answer.json()) as Record<string, unknown>;
      return { status: answer.status, headers: answer.headers, body };
    };
    const path = `/organization/${owner.orgname}/robots/ci`;
    await owner.call('PUT', path);
    return {
      ...owner,
      robot: `${owner.orgname}+ci`,
      path: `${path}/federation`,
      recorded,
      exchange,
      async [Symbol.asyncDispose]() {
        await exchanging.close();
        await owner.server.close();
      },
    };
  };

  it('are set, shown and taken away in the way of Quay, each time all of them', async () => {
    await using world = await start();
    const { path, call, db, user, orgname } = world;
    const [first, second] = [
      { issuer, subject: 'a' },
      { issuer, subject: 'b' },
    ];
    expect(await call('GET', path)).toEqual({ status: 200, body: [] });
    expect(await call('POST', path, [first])).toEqual({ status: 200, body: [first] });
    expect(await call('POST', path, [second])).toEqual({ status: 200, body: [second] });
    const wide = { issuer, audience: 'registry', claims: { ref: 'refs/heads/main', event: ['push', 'x*'] } };
    const stored = { issuer, audiences: ['registry'], claims: { ref: ['refs/heads/main'], event: ['push', 'x*'] } };
    expect(await call('POST', path, [second, wide])).toEqual({ status: 200, body: [second, stored] });
    expect(await call('GET', path)).toEqual({ status: 200, body: [second, stored] });
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('GET', path)).body).toEqual([]);
    expect((await call('GET', path.replace('/ci/', '/none/'))).status).toBe(400);
    const rows = await db
      .read<AuditTables>()
      .selectFrom('audit_log')
      .select(['kind', 'metadata'])
      .where('actor_name', '=', user.name)
      .where('kind', 'in', ['create_robot_federation', 'delete_robot_federation'])
      .orderBy('id')
      .execute();
    expect(rows.map(({ kind, metadata }) => [kind, JSON.parse(metadata)])).toEqual([
      ['create_robot_federation', { robot: 'ci', config: [first] }],
      ['create_robot_federation', { robot: 'ci', config: [second] }],
      ['create_robot_federation', { robot: 'ci', config: [second, stored] }],
      ['delete_robot_federation', { robot: 'ci' }],
    ]);
    expect(orgname).not.toBe('');
  });

  it('are those of one of several who set them at the same time', async () => {
    await using world = await start();
    const { path, call } = world;
    const lists = ['a', 'b', 'c', 'd'].map((letter) =>
      [1, 2].map((number) => ({ issuer, subject: `${letter}${number}` })),
    );
    await Promise.all(lists.map((list) => call('POST', path, list)));
    expect(lists).toContainEqual((await call('GET', path)).body);
  });

  it('are refused when they are incomplete, too wide, or more than this registry can ask', async () => {
    await using world = await start();
    const { path, call } = world;
    const valid = { issuer, subject: 'a' };
    for (const body of [
      undefined,
      {},
      valid,
      [{ issuer }],
      [{ subject: 'a' }],
      [{ issuer: '', subject: 'a' }],
      [{ issuer, subject: '' }],
      [{ issuer: 7, subject: 'a' }],
      [valid, valid],
      // A condition that is misspelt must not get lost.
      [{ ...valid, claim: { ref: 'x' } }],
      [{ ...valid, audiences: [] }],
      [{ issuer, claims: {} }],
      [{ issuer, claims: { ref: '*' } }],
      [{ issuer, claims: { ref: ['main', '*'] } }],
      [{ ...valid, claims: Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`c${index}`, 'x'])) }],
      [{ ...valid, claims: { ref: 'x'.repeat(513) } }],
      Array.from({ length: 51 }, (_, index) => ({ issuer, subject: `s${index}` })),
      [{ ...valid, issuer: 'gitlab.example.com' }],
      [{ ...valid, issuer: 'file:///etc/passwd' }],
      [{ ...valid, issuer: 'https://user:secret@gitlab.example.com' }],
      [{ ...valid, issuer: 'https://10.0.0.1' }],
      [{ ...valid, issuer: 'https://169.254.169.254' }],
      [{ ...valid, issuer: 'https://localhost' }],
    ]) {
      expect((await call('POST', path, body)).status, JSON.stringify(body)?.slice(0, 200)).toBe(400);
    }
    expect((await call('GET', path)).body).toEqual([]);
    await using strict = await start({ allowHttp: false });
    expect((await strict.call('POST', strict.path, [valid])).body['detail']).toContain('ROBOT_FEDERATION_ALLOW_HTTP');
  });

  it('get a password for an hour, with which the robot signs in, and nothing that could be renewed for ever', async () => {
    await using world = await start();
    const { path, call, identity, robot, exchange, recorded, signIn } = world;
    await call('POST', path, [{ issuer, subject: 'job', audiences: ['registry'] }]);
    const got = await exchange(robot, await token());
    expect(got).toMatchObject({
      status: 200,
      body: { token: expect.stringMatching(/^[\w-]+(\.[\w-]+){2}$/), expires_in: 3600 },
    });
    expect(got.headers.get('cache-control')).toBe('no-store');
    expect(recorded).toEqual([
      {
        kind: 'federated_robot_token_exchange',
        actor: { kind: 'robot', name: robot },
        namespaceId: expect.any(Number),
        clientAddress: '127.0.0.1',
        metadata: { robot, issuer, subject: 'job' },
      },
    ]);
    const actor = await signIn(robot, got.body['token']);
    if (actor === undefined) throw new Error('the robot cannot sign in');
    expect(await signIn(`${robot}2`, got.body['token'])).toBeUndefined();
    // The identity tells when it was used, and can be sent back as it is shown.
    await identity.flushRobotUses();
    const shown = (await call('GET', path)).body;
    expect(shown).toEqual([
      { issuer, subject: 'job', audiences: ['registry'], last_used_at: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
    expect(await call('POST', path, shown)).toEqual({ status: 200, body: shown });
    // What a client gets with it ends with it, and is no password itself.
    const protocol = await identity.registryTokens.issue({ actor, access: [] });
    expect(protocol.expiresInSeconds).toBeLessThanOrEqual(3600);
    expect(await signIn(robot, protocol.token)).toBeUndefined();
    expect((await exchange(robot, String(got.body['token']))).status).toBe(401);
    // And a password is no token of the protocol: it allows nothing by itself.
    expect((await identity.registryTokens.verify(String(got.body['token'])))?.access).toEqual([]);
  });

  it('end at once when they are taken away, and go on when others change', async () => {
    await using world = await start();
    const { db, path, call, orgname, robot, exchange, signIn } = world;
    const [kept, gone] = [
      { issuer, subject: 'kept' },
      { issuer, subject: 'gone' },
    ];
    await call('POST', path, [kept, gone]);
    const passwords = [
      (await exchange(robot, await token({ sub: 'kept' }))).body['token'],
      (await exchange(robot, await token({ sub: 'gone' }))).body['token'],
    ];
    const actors = await Promise.all(passwords.map((password) => signIn(robot, password)));
    const alive = async () =>
      Promise.all(
        actors.map(async (actor) => {
          const name = parseRepositoryName(`${orgname}/app`);
          if (actor === undefined || name === undefined) throw new Error('the robot cannot sign in');
          return (await resolveAccess(db, POLICY, actor, name)).actorValid;
        }),
      );
    expect(await alive()).toEqual([true, true]);
    await call('POST', path, [{ issuer, subject: 'new' }, kept]);
    expect(await alive()).toEqual([true, false]);
    expect(await signIn(robot, passwords[0])).toBeDefined();
    expect(await signIn(robot, passwords[1])).toBeUndefined();
    await call('POST', path.replace('/federation', '/regenerate'));
    expect(await alive()).toEqual([false, false]);
  });

  it('let nobody in with another token, and tell nobody why', async () => {
    await using world = await start();
    const { db, user, path, call, robot, name, exchange } = world;
    await call('POST', path, [{ issuer, subject: 'job', audiences: ['registry'] }]);
    const right = await token();
    const answers = [
      await exchange(robot, await token({ sub: 'another' })),
      await exchange(robot, await token({ aud: 'somebody else' })),
      await exchange(robot, await token({ iss: 'https://gitlab.example.com' })),
      await exchange(robot, right.slice(0, -4)),
      await exchange(robot, 'x'),
      await exchange(`${robot}2`, right),
      await exchange(`${name}+ci`, right),
      await exchange(name, right),
      await exchange('', ''),
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 401, body: { error: expect.stringContaining('not accepted') } });
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
      expect(answer.body).toEqual(answers[0]?.body);
    }
    expect((await exchange(robot, right, 'POST')).status).toBe(405);
    expect((await exchange(robot, right)).status).toBe(200);
    await db.transaction(async (tx) => {
      const owner = tx.query<IdentityTables>().updateTable('namespace').set({ enabled: 0 });
      await owner.where('name', '=', world.orgname).execute();
    });
    expect((await exchange(robot, right)).body).toEqual(answers[0]?.body);
    expect(user.kind).toBe('user');
  });

  it('slow down whoever sends wrong tokens, whatever is wrong, and never the right ones beside them', async () => {
    const clock = createFakeClock(Date.now());
    await using world = await start({}, clock);
    const { path, call, robot, exchange, identity } = world;
    await call('POST', path, [{ issuer, subject: 'job' }]);
    const [right, wrong] = [await token(), await token({ sub: 'another' })];
    const attempts = [
      () => exchange(robot, wrong),
      () => exchange(robot, 'no token at all'),
      () => exchange(`${robot}2`, right),
      () => exchange('no name of a robot', right),
    ];
    const tried = [];
    for (let index = 0; index < 40; index++) tried.push(await attempts[index % 4]?.());
    expect(tried.map((answer) => answer?.status)).toEqual([...Array(30).fill(401), ...Array(10).fill(429)]);
    expect(tried.at(-1)?.headers.get('retry-after')).toBe('10');
    expect((await exchange(robot, right)).status).toBe(200);
    // Others are not held to account.
    expect(await identity.robotFederation.exchange(robot, wrong, '192.0.2.9')).toBeUndefined();
    clock.advance(10_000);
    expect([(await exchange(robot, wrong)).status, (await exchange(robot, wrong)).status]).toEqual([401, 429]);
    await identity.flushRobotUses();
  });

  it('are of no use where robots are switched off', async () => {
    await using world = await start({ disallowed: true });
    const answer = await world.exchange(world.robot, await token());
    expect(answer).toMatchObject({ status: 401, body: { error: expect.stringContaining('ROBOTS_DISALLOW') } });
  });

  it('can be tried with a token by the administrator of the robot alone', async () => {
    await using world = await start();
    const { path, call } = world;
    const [fitting, other] = [
      { issuer, subject: 'job', claims: { ref: ['refs/heads/*'] } },
      { issuer, subject: 'job', claims: { ref: ['refs/tags/*'] } },
    ];
    const elsewhere = { issuer: 'https://token.actions.githubusercontent.com', subject: 'job' };
    await call('POST', path, [fitting, other, elsewhere]);
    const test = async (text: string) => (await call('POST', `${path}/test`, { token: text })).body;
    expect(await test(await token())).toMatchObject({
      accepted: true,
      claims: { sub: 'job' },
      identities: [
        { ...fitting, matches: true, reasons: [] },
        { ...other, matches: false, reasons: [expect.stringContaining('"refs/heads/main", which does not fit')] },
        { ...elsewhere, matches: false, reasons: [expect.stringContaining('The issuer is')] },
      ],
    });
    const forged = (await token()).replace(/[^.]{6}$/, 'AAAAAA');
    expect(await test(forged)).toMatchObject({
      accepted: false,
      identities: [{ reasons: ['The signature is wrong'] }, {}, {}],
    });
    expect(await test('nonsense')).toMatchObject({ accepted: false, claims: null });
    const stranger = await startRobotOwner(context().db);
    await using _ = stranger.server;
    expect((await stranger.call('POST', `${path}/test`, { token: 'x' })).status).toBe(403);
  });
});
