import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { carried, type OAuthWorld, type Person, startOAuth } from '../../../test/support/oauth.ts';

const CALLBACK = 'https://arm.example.org/callback?x=1';

/** The fields of a request for authorization. */
function asks(client: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { client_id: client, redirect_uri: CALLBACK, scope: 'repo:read user:read', ...more };
}

function authorize(world: OAuthWorld, fields: Readonly<Record<string, string>>, as: Person = world.admin) {
  return world.send('GET', `/oauth/authorize?${new URLSearchParams(fields).toString()}`, { as });
}

function agree(world: OAuthWorld, fields: Readonly<Record<string, string>>, as: Person = world.admin) {
  return world.send('POST', '/oauth/authorizeapp', { as, form: { ...fields, _csrf_token: as.csrf } });
}

/** What the form on a page would send. */
function formOf(page: string): Record<string, string> {
  const inputs = [...page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  const plain = (text = ''): string =>
    text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  return Object.fromEntries(inputs.map(([, name, value]) => [plain(name), plain(value)]));
}

describeOnBothDatabases('authorizing an application', (context) => {
  it('asks on a page that runs no script, cannot be framed, and sends back what was asked', async () => {
    await using world = await startOAuth(context().db);
    const attack = '"><script>alert(1)</script>';
    const { id } = await world.register({ redirect_uri: CALLBACK, name: attack, description: `<img src=x>${attack}` });
    const page = await authorize(world, asks(id, { response_type: 'token', state: attack }));
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'none'; form-action 'self' https://arm.example.org; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(page.headers.get('x-frame-options')).toBe('DENY');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.text).not.toMatch(/<script|<img/);
    expect(page.text).toContain('&quot;&gt;&lt;script&gt;alert(1)');
    expect(page.text).toContain(world.organization);
    const answer = await world.send('POST', '/oauth/authorizeapp', { as: world.admin, form: formOf(page.text) });
    expect(answer.status).toBe(302);
    expect(answer.location?.startsWith(`${CALLBACK}#`)).toBe(true);
    const given = carried(answer);
    expect(given).toEqual({
      access_token: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
      token_type: 'Bearer',
      expires_in: '315576000',
      scope: 'repo:read user:read',
      state: attack,
    });
    expect((await world.api('GET', '/user/', undefined, given['access_token'])).body).toMatchObject({
      username: world.admin.name,
    });
    expect((await world.api('GET', '/user/apptoken', undefined, given['access_token'])).status).toBe(403);
  });

  it('tells the application when the user does not agree', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register({ redirect_uri: CALLBACK });
    const page = await authorize(world, asks(id, { response_type: 'code', state: 'abc' }));
    expect(page.text).toContain('formaction="/oauth/denyapp"');
    const answer = await world.send('POST', '/oauth/denyapp', { as: world.admin, form: formOf(page.text) });
    expect(answer.location?.startsWith(`${CALLBACK}&error=access_denied`)).toBe(true);
    expect(carried(answer)).toMatchObject({ x: '1', error: 'access_denied', state: 'abc' });
    expect((await world.api('GET', '/user/authorizations')).body).toEqual({ authorizations: [] });
  });

  it('tells pages of ours the same as data, and gives them the token without a detour', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register({ redirect_uri: CALLBACK });
    const fields = asks(id, { response_type: 'token', format: 'json', scope: 'repo:read,org:admin' });
    const data = await authorize(world, fields);
    expect(data.body).toMatchObject({
      client_id: id,
      scope: 'repo:read org:admin',
      has_dangerous_scopes: true,
      already_authorized: false,
      application: { name: 'Robot arm', organization: { name: world.organization } },
      csrf_token: world.admin.csrf,
    });
    const answer = await agree(world, fields);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ token_type: 'Bearer', scope: 'repo:read org:admin' });
  });

  it('lets a user make a token for himself, which a page shows', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register();
    const fields = asks(id, { redirect_uri: `${world.url}/oauth/localapp` });
    const answer = await agree(world, fields);
    expect(answer.location).toMatch(
      /\/oauth\/localapp#access_token=[A-Za-z0-9]{40}&token_type=Bearer&expires_in=315576000/,
    );
    const page = await world.send('GET', '/oauth/localapp');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  });

  it('shows a user what he has authorized, and ends it when he takes it back', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register({ redirect_uri: CALLBACK, application_uri: 'https://arm.example.org' });
    const token = carried(await agree(world, asks(id)))['access_token'];
    const { authorizations } = (await world.api('GET', '/user/authorizations')).body as {
      authorizations: Record<string, unknown>[];
    };
    expect(authorizations).toEqual([
      {
        uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        application: {
          name: 'Robot arm',
          description: '',
          url: 'https://arm.example.org',
          avatar: expect.objectContaining({ kind: 'app' }),
          organization: { name: world.organization, avatar: expect.objectContaining({ kind: 'org' }) },
        },
        scopes: [
          expect.objectContaining({ scope: 'repo:read', dangerous: false }),
          expect.objectContaining({ scope: 'user:read', icon: 'fa-user' }),
        ],
      },
    ]);
    const one = `/user/authorizations/${String(authorizations[0]?.['uuid'])}`;
    expect((await world.api('GET', one)).body).toEqual(authorizations[0]);
    expect((await world.api('DELETE', one, undefined, world.stranger.token)).status).toBe(404);
    expect((await world.api('GET', '/user/', undefined, token)).status).toBe(200);
    expect((await world.api('DELETE', one)).status).toBe(204);
    expect((await world.api('GET', '/user/', undefined, token)).status).toBe(401);
    expect((await world.api('GET', one)).status).toBe(404);
    expect(await world.logged(world.admin.name)).toContainEqual({
      kind: 'oauth_token_revoked',
      metadata: { oauth_token_uuid: authorizations[0]?.['uuid'], application: 'Robot arm', client_id: id },
    });
  });

  it('asks again for tokens, and no longer for codes of what was given before', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register({ redirect_uri: CALLBACK });
    const code = asks(id, { response_type: 'code' });
    expect((await authorize(world, code)).status).toBe(200);
    await agree(world, asks(id, { scope: 'repo:admin' }));
    expect((await authorize(world, code)).status).toBe(200);
    await agree(world, asks(id, { scope: 'user:read' }));
    const known = await authorize(world, code);
    expect(known.status).toBe(302);
    expect(carried(known)['code']).toMatch(/^[A-Za-z0-9]{40}$/);
    expect((await authorize(world, asks(id, { response_type: 'code', scope: 'org:admin' }))).status).toBe(200);
    expect((await authorize(world, asks(id, { response_type: 'token' }))).status).toBe(200);
  });

  it('is for administrators of its organization, and for whom they offer a token: once, and just that', async () => {
    await using world = await startOAuth(context().db);
    const { stranger, admin } = world;
    const { id } = await world.register({ redirect_uri: CALLBACK });
    const fields = asks(id, { response_type: 'token' });
    expect((await authorize(world, fields, stranger)).status).toBe(403);
    expect((await agree(world, fields, stranger)).status).toBe(403);

    const offer = (as: Person, more: Readonly<Record<string, string>> = {}) =>
      world.send(
        'POST',
        `/oauth/authorize/assignuser?${new URLSearchParams({ ...fields, username: stranger.name, format: 'json', ...more }).toString()}`,
        { as, form: { _csrf_token: as.csrf } },
      );
    expect((await offer(stranger)).status).toBe(403);
    expect((await offer(admin, { username: 'nobody-at-all' })).status).toBe(404);
    expect((await offer(admin, { scope: 'repo:everything' })).status).toBe(400);
    expect((await offer(admin)).body).toEqual({ message: 'Token assigned successfully' });
    const list = async () =>
      (await world.api('GET', '/user/assignedauthorization', undefined, stranger.token)).body['authorizations'];
    const offers = (await list()) as Record<string, unknown>[];
    expect(offers).toEqual([
      {
        uuid: expect.any(String),
        redirectUri: CALLBACK,
        responseType: 'token',
        scopes: [expect.objectContaining({ scope: 'repo:read' }), expect.objectContaining({ scope: 'user:read' })],
        application: expect.objectContaining({ name: 'Robot arm', clientId: id }),
      },
    ]);
    const uuid = String(offers[0]?.['uuid']);
    for (const other of [{ scope: 'user:admin' }, { scope: 'repo:read' }, { response_type: 'code' }]) {
      const wanted = { ...fields, ...other, assignment_uuid: uuid };
      expect((await agree(world, wanted, stranger)).status, JSON.stringify(other)).toBe(403);
    }
    const page = await authorize(world, { ...fields, assignment_uuid: uuid }, stranger);
    expect(page.status).toBe(200);
    const answer = await world.send('POST', '/oauth/authorizeapp', { as: stranger, form: formOf(page.text) });
    expect((await world.api('GET', '/user/', undefined, carried(answer)['access_token'])).body).toMatchObject({
      username: stranger.name,
    });
    expect(await list()).toEqual([]);
    expect((await agree(world, { ...fields, assignment_uuid: uuid }, stranger)).status).toBe(403);

    await offer(admin);
    const [again] = (await list()) as Record<string, unknown>[];
    const one = `/user/assignedauthorization/${String(again?.['uuid'])}`;
    expect((await world.api('DELETE', one, undefined, admin.token)).status).toBe(404);
    expect((await world.api('DELETE', one, undefined, stranger.token)).status).toBe(204);
    expect(await list()).toEqual([]);
    expect(await world.logged(world.organization)).toContainEqual({
      kind: 'oauth_token_assigned',
      metadata: {
        assigning_user: admin.name,
        assigned_user: stranger.name,
        application: 'Robot arm',
        client_id: id,
      },
    });
  });

  it('offers nothing where FEATURE_ASSIGN_OAUTH_TOKEN is off', async () => {
    await using world = await startOAuth(context().db, { settings: { assigning: false } });
    const { id } = await world.register({ redirect_uri: CALLBACK });
    const form = { ...asks(id), username: world.stranger.name, _csrf_token: world.admin.csrf };
    expect((await world.send('POST', '/oauth/authorize/assignuser', { as: world.admin, form })).status).toBe(404);
  });

  it('needs no page for applications of DIRECT_OAUTH_CLIENTID_WHITELIST, and name and password in person', async () => {
    await using plain = await startOAuth(context().db);
    const { id } = await plain.register({ redirect_uri: CALLBACK });
    const basic = (login: string, secret: string) => ({
      Authorization: `Basic ${Buffer.from(`${login}:${secret}`).toString('base64')}`,
    });
    const { admin } = plain;
    const direct = (world: OAuthWorld, headers: Record<string, string>) =>
      world.send('POST', '/oauth/authorizeapp', { form: asks(id), headers });
    expect((await direct(plain, basic(admin.name, admin.password))).status).toBe(401);

    await using world = await startOAuth(context().db, { settings: { directClients: [id] } });
    const answer = await direct(world, basic(admin.name, admin.password));
    expect(carried(answer)['access_token']).toMatch(/^[A-Za-z0-9]{40}$/);
    const appToken = await world.api('POST', '/user/apptoken', { title: 'x' }, admin.token);
    const { token_code: code } = appToken.body['token'] as { token_code: string };
    for (const [login, secret] of [
      [admin.name, 'wrong-password'],
      ['$oauthtoken', admin.token],
      ['$app', code],
    ] as const) {
      expect((await direct(world, basic(login, secret))).status, login).toBe(401);
    }
  });
});
