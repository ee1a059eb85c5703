import { expect, it } from 'vitest';
import { startApi } from '../../test/support/api.ts';
import { clockedDatabase } from '../../test/support/clocked-database.ts';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { createFakeClock } from '../../test/support/fake-clock.ts';
import { startOAuth } from '../../test/support/oauth.ts';
import type { OAuthTables } from '../identity/index.ts';

const DAY_MS = 86_400_000;

describeOnBothDatabases('app tokens', (context) => {
  it('are made, shown again with their text, sign in as the user, and are revoked', async () => {
    await using world = await startOAuth(context().db);
    const { identity, admin, stranger } = world;
    const made = (await world.api('POST', '/user/apptoken', { title: ' my laptop ' })).body['token'] as Record<
      string,
      unknown
    >;
    expect(made).toEqual({
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      title: 'my laptop',
      last_accessed: null,
      created: expect.stringMatching(/ -0000$/),
      expiration: null,
      token_code: expect.stringMatching(/^[A-Z0-9]{120}$/),
    });
    const { token_code: code, ...shown } = made;
    const signIn = (text = String(code)) => identity.authenticateBasic('$app', text, '192.0.2.1');
    const actor = await signIn();
    expect(actor).toMatchObject({ kind: 'user', userId: admin.actor.userId, scopes: undefined });
    expect(await identity.authenticateBasic(admin.name, String(code), '192.0.2.1')).toBeUndefined();
    expect(await identity.authenticateAccessToken(String(code))).toBeUndefined();
    expect(await signIn(`${String(code).slice(0, 119)}${String(code).endsWith('A') ? 'B' : 'A'}`)).toBeUndefined();

    const listed = (await world.api('GET', '/user/apptoken')).body;
    expect(listed).toEqual({
      tokens: [{ ...shown, last_accessed: expect.stringMatching(/ -0000$/) }],
      only_expiring: false,
    });
    const one = `/user/apptoken/${String(made['uuid'])}`;
    expect((await world.api('GET', one)).body['token']).toMatchObject({ token_code: code });
    for (const method of ['GET', 'DELETE']) {
      expect((await world.api(method, one, undefined, stranger.token)).status).toBe(404);
    }
    expect((await world.api('GET', '/user/apptoken', undefined, stranger.token)).body['tokens']).toEqual([]);

    if (actor === undefined) throw new Error('the token does not sign in');
    const { token: bearer } = await identity.registryTokens.issue({ actor, access: [] });
    expect(await identity.registryTokens.verify(bearer)).toMatchObject({ actor });
    expect(actor.kind === 'user' && identity.refreshTokens.issue(actor)).toBeUndefined();
    expect((await world.api('DELETE', one)).status).toBe(204);
    expect(await signIn()).toBeUndefined();
    expect(await identity.registryTokens.verify(bearer)).toBeUndefined();
    expect((await world.api('DELETE', one)).status).toBe(404);
    const facts = { app_specific_token_title: 'my laptop', app_specific_token: made['uuid'] };
    expect((await world.logged(admin.name)).slice(-2)).toEqual([
      { kind: 'create_app_specific_token', metadata: facts },
      { kind: 'revoke_app_specific_token', metadata: facts },
    ]);
  });

  it('are kept encrypted', async () => {
    await using world = await startOAuth(context().db);
    const { token } = (await world.api('POST', '/user/apptoken', { title: 'x' })).body as {
      token: { token_code: string };
    };
    const rows = await context().db.read<OAuthTables>().selectFrom('app_token').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(token.token_code.slice(60));
  });

  it('expire when APP_SPECIFIC_TOKEN_EXPIRATION says so, are told before that, and go after a while', async () => {
    const clock = createFakeClock(Date.now());
    const db = clockedDatabase(context().db, clock);
    const settings = { appTokenLifetimeMs: 10 * DAY_MS, expiredAppTokensKeptMs: DAY_MS };
    await using world = await startOAuth(db, { settings, clock });
    const { identity } = world;
    const made = (await world.api('POST', '/user/apptoken', { title: 'old' })).body as {
      token: { uuid: string; token_code: string; expiration: string };
    };
    const { uuid, token_code: code, expiration } = made.token;
    expect(Date.parse(expiration)).toBe(Math.floor((clock.now() + 10 * DAY_MS) / 1000) * 1000);
    const titles = async (query: string) =>
      ((await world.api('GET', `/user/apptoken${query}`)).body['tokens'] as { title: string }[]).map(
        ({ title }) => title,
      );
    expect(await titles('?expiring=true')).toEqual([]);
    clock.advance(9 * DAY_MS + 1000);
    expect(await titles('?expiring=true')).toEqual(['old']);
    expect(await identity.authenticateBasic('$app', code, '192.0.2.1')).toBeDefined();
    clock.advance(DAY_MS);
    expect(await identity.authenticateBasic('$app', code, '192.0.2.1')).toBeUndefined();
    expect((await world.api('GET', `/user/apptoken/${uuid}`)).status).toBe(404);
    expect([await titles(''), await titles('?expiring=true')]).toEqual([['old'], []]);
    const clean = identity.oauth.jobs.find(({ queue }) => queue === 'remove_expired_app_tokens');
    const { signal } = new AbortController();
    await clean?.run(null, signal);
    expect(await titles('')).toEqual(['old']);
    clock.advance(DAY_MS);
    await clean?.run(null, signal);
    expect(await titles('')).toEqual([]);
  });

  it('do not work where FEATURE_APP_SPECIFIC_TOKENS is off, nor what was issued for them', async () => {
    await using world = await startOAuth(context().db);
    const { token } = (await world.api('POST', '/user/apptoken', { title: 'x' })).body as {
      token: { token_code: string };
    };
    const actor = await world.identity.authenticateBasic('$app', token.token_code, '192.0.2.1');
    if (actor === undefined) throw new Error('the token does not sign in');
    const { token: bearer } = await world.identity.registryTokens.issue({ actor, access: [] });
    const settings = { appTokens: false };
    await using off = await startOAuth(context().db, { settings, featuresOff: ['FEATURE_APP_SPECIFIC_TOKENS'] });
    expect(await off.identity.authenticateBasic('$app', token.token_code, '192.0.2.1')).toBeUndefined();
    expect(await off.identity.registryTokens.verify(bearer)).toBeUndefined();
    expect((await off.api('GET', '/user/apptoken')).status).toBe(404);
    expect((await off.api('POST', '/user/apptoken', { title: 'x' })).status).toBe(404);
  });

  it('are for users with the right to administer themselves', async () => {
    await using world = await startOAuth(context().db);
    const weak = await world.makeToken(world.admin, ['user:read', 'repo:admin', 'org:admin', 'super:user']);
    expect((await world.api('GET', '/user/apptoken', undefined, weak)).status).toBe(403);
    expect((await world.api('POST', '/user/apptoken', { title: 'x' }, weak)).status).toBe(403);
    expect((await world.api('POST', '/user/apptoken', { title: 'x' }, 'x'.repeat(40))).status).toBe(401);
    for (const title of ['', '   ', 'x'.repeat(256), 7]) {
      expect((await world.api('POST', '/user/apptoken', { title })).status).toBe(400);
    }
  });

  it('of all users are listed to superusers with full access and to read-only ones, without their texts', async () => {
    const names = { plain: 'root-a', full: 'root-b', reader: 'reader-b', user: 'user-b' };
    const rules = { fullAccess: true, readOnlySuperusers: new Set([names.reader]) };
    await using plain = await startApi(context().db);
    await using full = await startApi(context().db, {}, rules);
    const user = await full.person(names.user);
    const made = (await user.call('POST', '/user/apptoken', { title: 'of a user' })).body['token'] as {
      token_code: string;
    };
    const list = '/superuser/apptokens';
    expect((await (await plain.person(names.plain, { superuser: true })).call('GET', list)).status).toBe(403);
    expect((await user.call('GET', list)).status).toBe(403);
    const readers = [await full.person(names.full, { superuser: true }), await full.person(names.reader)];
    for (const person of readers) {
      const { status, body } = await person.call('GET', list);
      expect(status).toBe(200);
      expect(body['tokens']).toContainEqual(expect.objectContaining({ title: 'of a user', owner: names.user }));
      expect(JSON.stringify(body)).not.toContain(made.token_code);
    }
  });
});
