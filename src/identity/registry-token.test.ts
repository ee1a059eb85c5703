import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { createFakeClock, type FakeClock } from '../../test/support/fake-clock.ts';
import { clockedDatabase } from '../../test/support/clocked-database.ts';
import { createTestIdentity, testBox } from '../../test/support/identity.ts';
import { type Actor, ANONYMOUS, createUser, type Identity, type IdentityTables, type TokenAccess } from './index.ts';
import type { Database } from '../platform/db/index.ts';
import { signHs256, signRs256 } from './jwt.ts';

const ALICE: Actor = { kind: 'user', userId: 5, name: 'alice', passwordVersion: 3, scopes: undefined };
const SCOPED: Actor = { ...ALICE, scopes: ['repo:read'] };
const ACCESS: TokenAccess[] = [{ type: 'repository', name: 'team/app', actions: ['pull', 'push'] }];
const MINUTE = 60_000;

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

describeOnBothDatabases('registry tokens', (context) => {
  function node(clock = createFakeClock()): Identity & { clock: FakeClock } {
    return { ...createTestIdentity(clockedDatabase(context().db, clock), { clock }), clock };
  }

  const keys = () => context().db.read<IdentityTables>().selectFrom('service_key').selectAll().execute();

  test.each([ALICE, SCOPED, ANONYMOUS])('carry actor and access through: %j', async (actor) => {
    const { registryTokens } = node();
    const { token, expiresInSeconds } = await registryTokens.issue({ actor, access: ACCESS });
    expect(expiresInSeconds).toBe(3600);
    for (let i = 0; i < 2; i++) expect(await registryTokens.verify(token)).toMatchObject({ actor, access: ACCESS });
  });

  test('have the claims that other readers of such tokens know', async () => {
    const { registryTokens, clock } = node();
    const { token } = await registryTokens.issue({ actor: ALICE, access: ACCESS });
    const seconds = Math.floor(clock.now() / 1000);
    expect(claimsOf(token)).toEqual({
      iss: 'quay',
      aud: 'registry.test',
      sub: 'alice',
      iat: seconds,
      nbf: seconds,
      exp: seconds + 3600,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      access: ACCESS,
      context: {
        version: 2,
        entity_kind: 'user',
        entity_reference: 'alice',
        user_id: 5,
        password_version: 3,
      },
    });
  });

  test('run out after an hour and 30 seconds of grace, also when they were seen before', async () => {
    const { registryTokens, clock } = node();
    const { token } = await registryTokens.issue({ actor: ALICE, access: ACCESS });
    expect(await registryTokens.verify(token)).toBeDefined();
    clock.advance(3_600_000 + 28_000);
    expect(await registryTokens.verify(token)).toBeDefined();
    clock.advance(3_000);
    expect(await registryTokens.verify(token)).toBeUndefined();
  });

  test('are refused when changed, cut, foreign, too long or of another kind', async () => {
    const here = node();
    const { registryTokens, clock, keys: ring } = here;
    const { token } = await registryTokens.issue({ actor: ALICE, access: ACCESS });
    const [head = '', body = '', signature = ''] = token.split('.');
    const asAdmin = Buffer.from(JSON.stringify({ ...claimsOf(token), sub: 'admin' })).toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const { kid, privateKey } = await ring.signingKey();
    const publicPem = createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString();
    const confused = signHs256(Buffer.from(publicPem), claimsOf(token));
    const sign = (changes: object) => signRs256({ kid, privateKey }, { ...claimsOf(token), ...changes });
    const refused = [
      '',
      'x',
      `${head}.${asAdmin}.${signature}`,
      `${head}.${body}.${signature.slice(4)}`,
      `${head}.${body}.`,
      `${none}.${body}.`,
      `${none}.${body}.AAAA`,
      confused,
      `${token}${'A'.repeat(20_000)}`,
      await sign({ iss: 'other' }),
      await sign({ aud: 'other.test' }),
      await sign({ aud: undefined }),
      await sign({ nbf: Math.floor(clock.now() / 1000) + 60 }),
      await sign({ exp: Math.floor(clock.now() / 1000) - 60 }),
      await sign({ exp: undefined }),
      await sign({ context: { version: 2, entity_kind: 'user' } }),
      await sign({ context: { version: 2, entity_kind: 'oauthtoken', user_id: 5, password_version: 3 } }),
      await signRs256({ kid: 'A'.repeat(43), privateKey }, claimsOf(token)),
      await signRs256({ kid: '../../x', privateKey }, claimsOf(token)),
    ];
    for (const text of refused) expect(await registryTokens.verify(text), text.slice(0, 80)).toBeUndefined();
    expect(await registryTokens.verify(await sign({}))).toBeDefined();
  });

  test('nodes share one key and accept each other, also after a restart', async () => {
    const first = node();
    const { token } = await first.registryTokens.issue({ actor: ALICE, access: ACCESS });
    const count = (await keys()).length;
    const second = node(first.clock);
    const issued = await second.registryTokens.issue({ actor: ANONYMOUS, access: [] });
    expect(await second.registryTokens.verify(token)).toMatchObject({ actor: ALICE });
    expect(await first.registryTokens.verify(issued.token)).toMatchObject({ actor: ANONYMOUS });
    expect((await keys()).length).toBe(count);
  });

  test('many at once wait for one key', async () => {
    const count = (await keys()).length;
    const fresh = createTestIdentity(context().db, { settings: { serviceKeyService: 'another' } });
    const issued = await Promise.all(
      Array.from({ length: 10 }, () => fresh.registryTokens.issue({ actor: ANONYMOUS, access: [] })),
    );
    expect(new Set(issued.map(({ token }) => token.split('.')[0])).size).toBe(1);
    expect((await keys()).length).toBe(count + 1);
  });

  test('a first token and the first rotation share one key', async () => {
    const count = (await keys()).length;
    const fresh = createTestIdentity(context().db, { settings: { serviceKeyService: 'starting' } });
    await Promise.all([fresh.keys.rotate(), fresh.keys.signingKey(), fresh.keys.rotate()]);
    expect((await keys()).length).toBe(count + 1);
  });

  test('private keys are kept encrypted, and a key is named by its thumbprint', async () => {
    const [row] = await keys();
    if (row === undefined) throw new Error('no key');
    expect(row.private_key_encrypted).toMatch(/^v1\./);
    const { e, kty, n } = JSON.parse(row.public_key) as Record<string, string>;
    expect(row.kid).toBe(createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url'));
    const privateKey = createPrivateKey(testBox.open(row.private_key_encrypted, `service_key:${row.kid}`));
    expect(privateKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  });
});

describeOnBothDatabases('the rotation of keys', (context) => {
  const kids = async () =>
    (await context().db.read<IdentityTables>().selectFrom('service_key').select('kid').execute()).map(({ kid }) => kid);

  test('a new key signs after 55 minutes, the old one verifies until its last token has run out', async () => {
    const clock = createFakeClock();
    const db = clockedDatabase(context().db, clock);
    const first = createTestIdentity(db, { clock });
    const old = await first.keys.signingKey();
    clock.advance(54 * MINUTE);
    await first.keys.rotate();
    expect(await kids()).toEqual([old.kid]);
    clock.advance(2 * MINUTE);
    const { token } = await first.registryTokens.issue({ actor: ANONYMOUS, access: [] });
    await first.keys.rotate();
    expect(await kids()).toHaveLength(2);
    expect((await first.keys.signingKey()).kid).not.toBe(old.kid);
    clock.advance(60 * MINUTE);
    const restarted = createTestIdentity(db, { clock });
    expect(await restarted.registryTokens.verify(token)).toBeDefined();
    expect(await restarted.keys.verifyingKey(old.kid)).toBeDefined();
    clock.advance(10 * MINUTE);
    await first.keys.rotate();
    expect(await kids()).not.toContain(old.kid);
    expect(await restarted.keys.verifyingKey(old.kid)).toBeUndefined();
    expect(await createTestIdentity(db, { clock }).keys.verifyingKey(old.kid)).toBeUndefined();
  });

  test('a node that nobody rotated for goes on with a key of its own making', async () => {
    const clock = createFakeClock();
    const db = clockedDatabase(context().db, clock);
    const { registryTokens } = createTestIdentity(db, { clock, settings: { serviceKeyService: 'lonely' } });
    for (let hours = 0; hours < 3; hours++) {
      const { token } = await registryTokens.issue({ actor: ANONYMOUS, access: [] });
      expect(await registryTokens.verify(token)).toBeDefined();
      clock.advance(61 * MINUTE);
    }
  });

  test('made-up key names are looked for once and are never many at a time', async () => {
    let lookups = 0;
    const counted: Database = {
      ...clockedDatabase(context().db, createFakeClock()),
      read() {
        lookups += 1;
        return context().db.read();
      },
    };
    const { keys } = createTestIdentity(counted);
    const kid = (i: number) => String(i).padStart(43, 'k');
    expect(await keys.verifyingKey(kid(0))).toBeUndefined();
    expect(await keys.verifyingKey(kid(0))).toBeUndefined();
    expect(lookups).toBe(1);
    await Promise.all(Array.from({ length: 500 }, (_, i) => keys.verifyingKey(kid(i + 1))));
    expect(lookups).toBeLessThanOrEqual(9);
  });
});

describeOnBothDatabases('refresh tokens', (context) => {
  test('stand for the user until the password changes', async () => {
    const { db } = context();
    const clock = createFakeClock();
    const { refreshTokens, passwords, registryTokens } = createTestIdentity(db, { clock });
    const user = { name: 'alice', password: 'correct-horse', superuser: false };
    const { userId } = await createUser({ db, passwords }, user, { kind: 'system', name: undefined });
    const actor: Actor = { kind: 'user', userId, name: 'alice', passwordVersion: 1, scopes: undefined };
    const token = refreshTokens.issue(actor) ?? '';
    expect(await refreshTokens.authenticate(token)).toEqual(actor);
    expect(await createTestIdentity(db, { clock }).refreshTokens.authenticate(token)).toEqual(actor);
    expect(await registryTokens.verify(token)).toBeUndefined();
    const bearer = await registryTokens.issue({ actor, access: [] });
    expect(await refreshTokens.authenticate(bearer.token)).toBeUndefined();
    expect(await refreshTokens.authenticate(`${token}A`)).toBeUndefined();
    expect(await refreshTokens.authenticate('')).toBeUndefined();
    clock.advance(30 * 24 * 3_600_000);
    expect(await refreshTokens.authenticate(token)).toEqual(actor);
    await db.transaction((tx) =>
      tx.query<IdentityTables>().updateTable('user_account').set({ password_version: 2 }).execute(),
    );
    expect(await refreshTokens.authenticate(token)).toBeUndefined();
    const renewed = refreshTokens.issue({ ...actor, passwordVersion: 2 }) ?? '';
    expect(await refreshTokens.authenticate(renewed)).toMatchObject({ passwordVersion: 2 });
    clock.advance(181 * 24 * 3_600_000);
    expect(await refreshTokens.authenticate(renewed)).toBeUndefined();
  });

  test('are not given for an access token', () => {
    expect(createTestIdentity(context().db).refreshTokens.issue({ ...ALICE, scopes: [] })).toBeUndefined();
  });
});
