import { hash as bcrypt } from '@node-rs/bcrypt';
import { beforeAll, expect, test } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { createFakeClock } from '../../test/support/fake-clock.ts';
import {
  cheapPasswords,
  createTestIdentity,
  silentLog,
  testBox,
  IDENTITY_SETTINGS,
} from '../../test/support/identity.ts';
import { STANDING } from '../../test/support/standing.ts';
import { systemClock } from '../kernel/clock.ts';
import type { PasswordHasher } from '../platform/crypto/index.ts';
import { createAccessToken, createIdentity, createUser, type IdentityTables } from './index.ts';

const ADDRESS = '192.0.2.7';

describeOnBothDatabases('signing in', (context) => {
  const identity = () => createTestIdentity(context().db);
  let userId: number;
  beforeAll(async () => {
    const ports = { db: context().db, passwords: cheapPasswords };
    const by = { kind: 'system', name: undefined } as const;
    const user = { name: 'alice', email: 'alice@example.org', password: 'correct-horse', superuser: false };
    ({ userId } = await createUser(ports, user, by));
  });

  const setAccount = (values: { password_hash?: string; password_version?: number }, enabled = 1) =>
    context().db.transaction(async (tx) => {
      const query = tx.query<IdentityTables>();
      await query.updateTable('namespace').set({ enabled }).where('id', '=', userId).execute();
      if (Object.keys(values).length === 0) return;
      await query.updateTable('user_account').set(values).where('namespace_id', '=', userId).execute();
    });

  test('by name or e-mail address and password', async () => {
    const actor = { kind: 'user', userId, name: 'alice', passwordVersion: 1, scopes: undefined };
    const { authenticateBasic } = identity();
    expect(await authenticateBasic('alice', 'correct-horse', ADDRESS)).toEqual(actor);
    expect(await authenticateBasic('Alice@Example.org', 'correct-horse', ADDRESS)).toEqual(actor);
    expect(await authenticateBasic('alice', 'correct-horse', ADDRESS)).toEqual(actor);
  });

  test.each([
    ['alice', 'wrong-horse'],
    ['alice', 'correct-horse '],
    ['alice', ''],
    ['', ''],
    ['nobody', 'correct-horse'],
    ['nobody@example.org', 'correct-horse'],
    ['Alice', 'correct-horse'],
    ['alice\u0000', 'correct-horse'],
    ['$app', 'correct-horse'],
    ['$token', 'correct-horse'],
    ['alice+robot', 'correct-horse'],
    ['$oauthtoken', 'correct-horse'],
    ['$oauthtoken', 'A'.repeat(40)],
    [`${'a'.repeat(300)}@example.org`, 'correct-horse'],
  ])('%j with %j is refused', async (login, secret) => {
    expect(await identity().authenticateBasic(login, secret, ADDRESS)).toBeUndefined();
  });

  test('an unknown user costs the same check as a known one', async () => {
    const checked: (string | undefined)[] = [];
    const counting: PasswordHasher = {
      ...cheapPasswords,
      check(password, stored) {
        checked.push(stored);
        return cheapPasswords.check(password, stored);
      },
    };
    const ports = { db: context().db, clock: systemClock, log: silentLog, box: testBox, passwords: counting };
    const { authenticateBasic } = createIdentity(ports, IDENTITY_SETTINGS);
    await authenticateBasic('alice', 'wrong', ADDRESS);
    await authenticateBasic('nobody', 'wrong', ADDRESS);
    await authenticateBasic('Not A Name', 'wrong', ADDRESS);
    expect(checked).toEqual([expect.stringMatching(/^\$argon2id/), undefined, undefined]);
  });

  test('a right password is not hashed again at once, a wrong one always', async () => {
    let checks = 0;
    const counting: PasswordHasher = {
      ...cheapPasswords,
      check(password, stored) {
        checks += 1;
        return cheapPasswords.check(password, stored);
      },
    };
    const clock = createFakeClock();
    const ports = { db: context().db, clock, log: silentLog, box: testBox, passwords: counting };
    const { authenticateBasic } = createIdentity(ports, IDENTITY_SETTINGS);
    for (let i = 0; i < 5; i++) expect(await authenticateBasic('alice', 'correct-horse', ADDRESS)).toBeDefined();
    expect(checks).toBe(1);
    for (let i = 0; i < 5; i++) expect(await authenticateBasic('alice', 'wrong-horse', `192.0.2.${i}`)).toBeUndefined();
    expect(checks).toBe(6);
    clock.advance(60_001);
    await authenticateBasic('alice', 'correct-horse', ADDRESS);
    expect(checks).toBe(7);
  });

  test('a disabled user is refused at once, also with a password that was just right', async () => {
    const { authenticateBasic, loadActor } = identity();
    expect(await authenticateBasic('alice', 'correct-horse', ADDRESS)).toBeDefined();
    expect(await loadActor(userId, 1)).toMatchObject({ name: 'alice', superuser: false });
    await setAccount({}, 0);
    expect(await authenticateBasic('alice', 'correct-horse', ADDRESS)).toBeUndefined();
    expect(await loadActor(userId, 1)).toBeUndefined();
    await setAccount({});
  });

  test('a changed password voids the remembered one and what was issued under it', async () => {
    const { authenticateBasic, loadActor } = identity();
    await authenticateBasic('alice', 'correct-horse', ADDRESS);
    await setAccount({ password_hash: await cheapPasswords.hash('another-horse'), password_version: 2 });
    expect(await authenticateBasic('alice', 'correct-horse', ADDRESS)).toBeUndefined();
    expect(await authenticateBasic('alice', 'another-horse', ADDRESS)).toMatchObject({ passwordVersion: 2 });
    expect(await loadActor(userId, 1)).toBeUndefined();
    expect(await loadActor(userId, 2)).toBeDefined();
    expect(await loadActor(999_999, 1)).toBeUndefined();
    await setAccount({ password_hash: await cheapPasswords.hash('correct-horse'), password_version: 1 });
  });

  test('a bcrypt hash is replaced when its user signs in', async () => {
    await setAccount({ password_hash: await bcrypt('correct-horse', { cost: 4 }) });
    const stored = () =>
      context()
        .db.read<IdentityTables>()
        .selectFrom('user_account')
        .select(['password_hash', 'password_version'])
        .where('namespace_id', '=', userId)
        .executeTakeFirstOrThrow();
    expect(await identity().authenticateBasic('alice', 'wrong-horse', ADDRESS)).toBeUndefined();
    expect((await stored()).password_hash).toMatch(/^\$2b\$/);
    expect(await identity().authenticateBasic('alice', 'correct-horse', ADDRESS)).toBeDefined();
    expect(await stored()).toMatchObject({ password_hash: expect.stringMatching(/^\$argon2id/), password_version: 1 });
    expect(await identity().authenticateBasic('alice', 'correct-horse', ADDRESS)).toBeDefined();
  });

  test('superusers are named in the database or in the configuration', async () => {
    const { db } = context();
    const standing = { ...STANDING, namedSuperusers: new Set(['alice']) };
    const { loadActor } = createTestIdentity(db, { settings: { standing } });
    expect(await loadActor(userId, 1)).toMatchObject({ name: 'alice', superuser: true });
  });

  test('by an access token, within its scopes and its time', async () => {
    const { db } = context();
    const clock = createFakeClock();
    const { authenticateBasic, authenticateAccessToken } = createTestIdentity(db, { clock });
    const { token, uuid } = await db.transaction((tx) =>
      createAccessToken(tx, { userId, scopes: ['repo:read', 'repo:write'], expiresAt: clock.now() + 1000 }),
    );
    expect(token).toMatch(/^[A-Za-z0-9]{40}$/);
    const account = { kind: 'user', userId, name: 'alice', passwordVersion: 1 };
    const credential = { kind: 'access-token', uuid };
    const actor = { ...account, scopes: ['repo:read', 'repo:write'], credential };
    expect(await authenticateAccessToken(token)).toEqual(actor);
    expect(await authenticateBasic('$oauthtoken', token, ADDRESS)).toEqual(actor);
    const last = token.endsWith('A') ? 'B' : 'A';
    expect(await authenticateAccessToken(token.slice(0, 39) + last)).toBeUndefined();
    expect(await authenticateAccessToken(token.slice(0, 39))).toBeUndefined();
    expect(await authenticateBasic('alice', token, ADDRESS)).toBeUndefined();
    await setAccount({}, 0);
    expect(await authenticateAccessToken(token)).toBeUndefined();
    await setAccount({});
    clock.advance(1000);
    expect(await authenticateAccessToken(token)).toBeUndefined();
  });

  test('an access token is kept only as a hash', async () => {
    const { db } = context();
    const { token } = await db.transaction((tx) => createAccessToken(tx, { userId, scopes: [] }));
    const kept = await db.read<IdentityTables>().selectFrom('access_token').selectAll().execute();
    expect(JSON.stringify(kept)).not.toContain(token.slice(20));
  });
});
