import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { carried, type OAuthWorld, startOAuth } from '../../../test/support/oauth.ts';
import type { IdentityTables } from '../../identity/index.ts';

const CALLBACK = 'https://arm.example.org/callback';

function tokensOf(world: OAuthWorld) {
  return world.identity.oauth.tokens.authorizationsOf(world.admin.actor.userId);
}

describeOnBothDatabases('attacks on authorization', (context) => {
  it('send no answer, and no error either, to an address that is not the registered one', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register({ redirect_uri: CALLBACK });
    const nowhere = await world.register();
    for (const redirect of [
      'https://evil.example/callback',
      `${CALLBACK}/../../evil`,
      `${CALLBACK}.evil.example`,
      `${CALLBACK}?next=https://evil.example`,
      `${CALLBACK}#x`,
      `${CALLBACK}/`,
      'https://arm.example.org',
      'https://arm.example.org@evil.example/callback',
      'https://arm.example.org\\@evil.example/callback',
      'https://arm.example.org.evil.example/callback',
      'HTTPS://ARM.EXAMPLE.ORG/callback',
      'http://arm.example.org/callback',
      '//arm.example.org/callback',
      '/oauth/localapp',
      `${world.url}/oauth/localapp/`,
      `${world.url}/oauth/localapp?x`,
      `${world.url}.evil.example/oauth/localapp`,
      'javascript:alert(1)',
      '',
    ]) {
      for (const client of [id, nowhere.id]) {
        for (const more of [
          { scope: 'repo:read' },
          { scope: 'nonsense' },
          { scope: 'repo:read', response_type: 'x' },
        ]) {
          const fields = { client_id: client, redirect_uri: redirect, ...more };
          const shown = await world.send('GET', `/oauth/authorize?${new URLSearchParams(fields).toString()}`, {
            as: world.admin,
          });
          expect([shown.status, shown.location], redirect).toEqual([400, null]);
          for (const path of ['/oauth/authorizeapp', '/oauth/denyapp']) {
            const form = { ...fields, _csrf_token: world.admin.csrf };
            const answer = await world.send('POST', path, { as: world.admin, form });
            expect([answer.status, answer.location], redirect).toEqual([400, null]);
          }
        }
      }
    }
    expect(await tokensOf(world)).toEqual([]);
  });

  it('by another page’s form are refused: consent needs the token of the session', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register({ redirect_uri: CALLBACK });
    const fields = { client_id: id, redirect_uri: CALLBACK, scope: 'repo:read' };
    const { admin, stranger } = world;
    for (const token of [undefined, '', 'x', stranger.csrf, admin.cookie]) {
      const form: Record<string, string> = token === undefined ? fields : { ...fields, _csrf_token: token };
      for (const path of ['/oauth/authorizeapp', '/oauth/denyapp', '/oauth/authorize/assignuser']) {
        const answer = await world.send('POST', path, { as: admin, form: { ...form, username: stranger.name } });
        expect([answer.status, answer.location], `${path} ${token}`).toEqual([403, null]);
      }
    }
    // Following a link makes no token either.
    const query = new URLSearchParams({ ...fields, response_type: 'token', _csrf_token: admin.csrf });
    for (const path of [
      '/oauth/authorizeapp',
      '/oauth/denyapp',
      '/oauth/authorize/assignuser',
      '/oauth/access_token',
    ]) {
      expect((await world.send('GET', `${path}?${query.toString()}`, { as: admin })).status).toBe(405);
    }
    expect(await tokensOf(world)).toEqual([]);
    expect((await world.send('POST', '/oauth/authorizeapp', { form: fields })).status).toBe(401);
  });

  it('with a token in place of the user are refused: it cannot agree to more in his name', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register({ redirect_uri: CALLBACK });
    const fields = { client_id: id, redirect_uri: CALLBACK, scope: 'super:user user:admin', response_type: 'token' };
    const weak = await world.makeToken(world.admin, ['repo:read']);
    for (const token of [weak, world.admin.token]) {
      const headers = { Authorization: `Bearer ${token}` };
      const form = { ...fields, _csrf_token: world.admin.csrf };
      expect((await world.send('POST', '/oauth/authorizeapp', { headers, form })).status).toBe(401);
      // Not even together with a session.
      expect((await world.send('POST', '/oauth/authorizeapp', { as: world.admin, headers, form })).status).toBe(401);
      const path = `/oauth/authorize?${new URLSearchParams(fields).toString()}`;
      expect((await world.send('GET', path, { headers })).status).toBe(401);
    }
    expect(await tokensOf(world)).toEqual([]);
  });

  it('by parameters that are there twice are refused, wherever they stand', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register({ redirect_uri: CALLBACK });
    const fields = { client_id: id, redirect_uri: CALLBACK, scope: 'repo:read' };
    const query = new URLSearchParams(fields);
    query.append('scope', 'super:user');
    expect((await world.send('GET', `/oauth/authorize?${query.toString()}`, { as: world.admin })).status).toBe(400);
    const form = { ...fields, _csrf_token: world.admin.csrf };
    const split = await world.send('POST', '/oauth/authorizeapp?scope=user:admin', { as: world.admin, form });
    expect(split.status).toBe(400);
    expect(await tokensOf(world)).toEqual([]);
  });

  it('with tokens that have ended fail at once: revoked, of a disabled user, organization or deleted application', async () => {
    await using world = await startOAuth(context().db);
    const { admin, organization, identity, db } = world;
    const setEnabled = (name: string, enabled: number) =>
      db.transaction(async (tx) => {
        const query = tx.query<IdentityTables>().updateTable('namespace').set({ enabled });
        await query.where('name', '=', name).execute();
      });
    const { id } = await world.register({ redirect_uri: CALLBACK });
    const fields = { client_id: id, redirect_uri: CALLBACK, scope: 'user:read repo:read' };
    const form = { ...fields, _csrf_token: admin.csrf };
    const token = carried(await world.send('POST', '/oauth/authorizeapp', { as: admin, form }))['access_token'] ?? '';
    const actor = await identity.authenticateBasic('$oauthtoken', token, '192.0.2.1');
    if (actor === undefined) throw new Error('the token is not good');
    const { token: bearer } = await identity.registryTokens.issue({ actor, access: [] });
    const alive = async () => [
      (await identity.authenticateAccessToken(token)) !== undefined,
      (await identity.registryTokens.verify(bearer)) !== undefined,
    ];
    expect(await alive()).toEqual([true, true]);
    for (const name of [admin.name, organization]) {
      await setEnabled(name, 0);
      expect(await alive(), name).toEqual([false, false]);
      await setEnabled(name, 1);
      expect(await alive(), name).toEqual([true, true]);
    }
    expect((await world.api('DELETE', `/organization/${organization}/applications/${id}`)).status).toBe(204);
    expect(await alive()).toEqual([false, false]);
    expect(await tokensOf(world)).toEqual([]);
  });

  it('by scripts in what is shown stay text, in errors too', async () => {
    await using world = await startOAuth(context().db);
    const headers = { Accept: 'text/html' };
    const attack = '<script>alert(1)</script>';
    const { id } = await world.register({ redirect_uri: CALLBACK });
    for (const path of [
      `/oauth/authorize?client_id=${encodeURIComponent(attack)}`,
      `/oauth/authorize?${encodeURIComponent(attack)}=1&${encodeURIComponent(attack)}=2`,
      `/oauth/authorize?client_id=${id}&redirect_uri=${encodeURIComponent(attack)}`,
    ]) {
      const answer = await world.send('GET', path, { headers, as: world.admin });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(answer.text).not.toContain('<script');
    }
  });

  it('leave nothing changed while the registry is read-only', async () => {
    await using world = await startOAuth(context().db, { rules: { readOnly: true } });
    for (const path of ['/oauth/authorizeapp', '/oauth/access_token', '/oauth/authorize/assignuser']) {
      const answer = await world.send('POST', path, { as: world.admin, form: { _csrf_token: world.admin.csrf } });
      expect([answer.status, answer.body['is_readonly']]).toEqual([503, true]);
    }
  });
});
