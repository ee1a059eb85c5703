import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { createFakeClock } from '../../test/support/fake-clock.ts';
import { cheapPasswords, createTestIdentity, IDENTITY_SETTINGS } from '../../test/support/identity.ts';
import { createAccessToken, createUser, type IdentityTables, type UserActor } from './index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
const ADDRESS = '192.0.2.7';
const EVERY_MS = 60_000;

describeOnBothDatabases('the last use of an account', (context) => {
  let number = 0;

  /** A user, and what he signs in with. */
  const start = async (lastUseEveryMs: number | undefined) => {
    const { db } = context();
    const clock = createFakeClock();
    const settings = { users: { ...IDENTITY_SETTINGS.users, lastUseEveryMs } };
    const identity = createTestIdentity(db, { clock, settings });
    const name = `user${(number += 1)}`;
    const user = { name, password: 'a-password', superuser: false };
    const { userId } = await createUser({ db, passwords: cheapPasswords }, user, SYSTEM);
    const actor: UserActor = { kind: 'user', userId, name, passwordVersion: 1, scopes: undefined };
    const { cookie, access, app } = await db.transaction(async (tx) => ({
      cookie: await identity.sessions.begin(tx, actor),
      access: await createAccessToken(tx, { userId, scopes: ['repo:read'] }),
      app: await identity.oauth.appTokens.create(tx, { id: userId, name }, 'laptop', SYSTEM),
    }));
    const refresh = identity.refreshTokens.issue(actor) ?? '';
    const ways: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['password', () => identity.authenticatePassword(name, 'a-password', ADDRESS)],
      ['session', () => identity.sessions.find(cookie)],
      ['access token', () => identity.authenticateAccessToken(access.token)],
      ['app token', () => identity.oauth.appTokens.authenticate(app.code)],
      ['refresh token', () => identity.refreshTokens.authenticate(refresh)],
    ];
    const profile = () =>
      db
        .read<IdentityTables>()
        .selectFrom('user_profile')
        .select('last_used_at')
        .where('user_id', '=', userId)
        .executeTakeFirst();
    const forget = () =>
      db.transaction((tx) =>
        tx.query<IdentityTables>().deleteFrom('user_profile').where('user_id', '=', userId).execute(),
      );
    return { db, clock, identity, ways, profile, forget };
  };

  it('is noted whatever he signs in with, and at most once in LAST_ACCESSED_UPDATE_THRESHOLD_S', async () => {
    const { db, clock, identity, ways, profile, forget } = await start(EVERY_MS);
    for (const [way, signIn] of ways) {
      const before = await db.now();
      expect(await signIn(), way).toBeDefined();
      // Nothing is written on the way of a request.
      expect(await profile(), way).toBeUndefined();
      await identity.flushUserUses();
      expect((await profile())?.last_used_at, way).toBeGreaterThanOrEqual(before);
      await forget();
      await signIn();
      await identity.flushUserUses();
      expect(await profile(), way).toBeUndefined();
      clock.advance(EVERY_MS + 1);
    }
  });

  it('is written within seconds, and again when the time has passed', async () => {
    const { clock, ways, profile, forget } = await start(EVERY_MS);
    const [, signIn] = ways[1] ?? expect.fail('there is no such way');
    for (const _ of ['once', 'twice']) {
      await signIn();
      clock.advance(5000);
      await expect.poll(async () => (await profile())?.last_used_at).toBeTypeOf('number');
      await forget();
      clock.advance(EVERY_MS + 1);
    }
  });

  it('is not kept without FEATURE_USER_LAST_ACCESSED', async () => {
    const { clock, identity, ways, profile } = await start(undefined);
    for (const [, signIn] of ways) await signIn();
    clock.advance(5000);
    await identity.flushUserUses();
    expect(await profile()).toBeUndefined();
  });
});
