import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { clockedDatabase } from '../../../test/support/clocked-database.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { carried, type OAuthWorld, startOAuth } from '../../../test/support/oauth.ts';
import type { OAuthTables } from '../../identity/index.ts';

const CALLBACK = 'https://arm.example.org/callback';
// RFC 7636, appendix B.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const PKCE = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };

type Fields = Readonly<Record<string, string>>;

/** Lets the administrator agree, and returns the code that the application gets. */
async function getCode(world: OAuthWorld, client: string, more: Fields = {}): Promise<string> {
  const asked = { client_id: client, redirect_uri: CALLBACK, scope: 'user:read', response_type: 'code', ...more };
  const form = { ...asked, _csrf_token: world.admin.csrf };
  const answer = await world.send('POST', '/oauth/authorizeapp', { as: world.admin, form });
  const { code } = carried(answer);
  if (code === undefined) throw new Error(`no code: ${answer.status} ${answer.location} ${answer.text}`);
  return code;
}

function exchange(world: OAuthWorld, fields: Fields, headers: Fields = {}) {
  const form = { grant_type: 'authorization_code', redirect_uri: CALLBACK, ...fields };
  return world.send('POST', '/oauth/access_token', { form, headers });
}

describeOnBothDatabases('an authorization code', (context) => {
  it('is turned into a token by the application that proves itself, in the form or as Basic credentials', async () => {
    await using world = await startOAuth(context().db);
    const { id, secret } = await world.register({ redirect_uri: CALLBACK });
    const code = await getCode(world, id);
    const answer = await exchange(world, { client_id: id, client_secret: secret, code });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
      token_type: 'Bearer',
      expires_in: 315_576_000,
      scope: 'user:read',
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('pragma')).toBe('no-cache');
    const me = await world.api('GET', '/user/', undefined, String(answer.body['access_token']));
    expect(me.body).toMatchObject({ username: world.admin.name });
    const basic = { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
    expect((await exchange(world, { code: await getCode(world, id) }, basic)).status).toBe(200);
  });

  it('is kept only as a hash', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register({ redirect_uri: CALLBACK });
    const code = await getCode(world, id);
    const rows = await context().db.read<OAuthTables>().selectFrom('oauth_code').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(code);
    expect(JSON.stringify(rows)).toContain(createHash('sha256').update(code).digest('hex'));
  });

  it('works once; the second use ends the token of the first, and what was issued for it', async () => {
    await using world = await startOAuth(context().db);
    const { id, secret } = await world.register({ redirect_uri: CALLBACK });
    const code = await getCode(world, id, { scope: 'user:read repo:read' });
    const fields = { client_id: id, client_secret: secret, code };
    const token = String((await exchange(world, fields)).body['access_token']);
    const actor = await world.identity.authenticateAccessToken(token);
    if (actor === undefined) throw new Error('the token is not good');
    const registryToken = await world.identity.registryTokens.issue({ actor, access: [] });
    expect(await world.identity.registryTokens.verify(registryToken.token)).toMatchObject({ actor });
    const again = await exchange(world, fields);
    expect(again.status).toBe(400);
    expect(again.body['error']).toBe('invalid_grant');
    expect((await world.api('GET', '/user/', undefined, token)).status).toBe(401);
    expect(await world.identity.registryTokens.verify(registryToken.token)).toBeUndefined();
    expect((await exchange(world, fields)).body['error']).toBe('invalid_grant');
  });

  it('that is used many times at once leaves nobody a token', async () => {
    await using world = await startOAuth(context().db);
    const { id, secret } = await world.register({ redirect_uri: CALLBACK });
    const code = await getCode(world, id);
    const fields = { client_id: id, client_secret: secret, code };
    const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(world, fields)));
    const tokens = answers.map(({ body }) => body['access_token']).filter((token) => typeof token === 'string');
    expect(tokens.length).toBeLessThanOrEqual(1);
    for (const token of tokens) expect((await world.api('GET', '/user/', undefined, token)).status).toBe(401);
  });

  it('is good for five minutes', async () => {
    const clock = createFakeClock(Date.now());
    await using world = await startOAuth(clockedDatabase(context().db, clock), { clock });
    const { id, secret } = await world.register({ redirect_uri: CALLBACK });
    const [early, late] = [await getCode(world, id), await getCode(world, id)];
    clock.advance(299_000);
    expect((await exchange(world, { client_id: id, client_secret: secret, code: early })).status).toBe(200);
    clock.advance(1_000);
    expect((await exchange(world, { client_id: id, client_secret: secret, code: late })).body['error']).toBe(
      'invalid_grant',
    );
  });

  it('is of no use to another application, for another address, or with a changed password', async () => {
    await using world = await startOAuth(context().db);
    const mine = await world.register({ redirect_uri: CALLBACK });
    const other = await world.register({ redirect_uri: CALLBACK });
    const code = await getCode(world, mine.id);
    for (const fields of [
      { client_id: other.id, client_secret: other.secret, code },
      { client_id: mine.id, client_secret: mine.secret, code, redirect_uri: `${CALLBACK}/` },
      { client_id: mine.id, client_secret: mine.secret, code, redirect_uri: `${world.url}/oauth/localapp` },
      { client_id: mine.id, client_secret: mine.secret, code: code.slice(0, 39) },
      { client_id: mine.id, client_secret: mine.secret, code: 'x'.repeat(40) },
      { client_id: mine.id, client_secret: mine.secret, code, code_verifier: VERIFIER },
    ]) {
      const answer = await exchange(world, fields);
      expect([answer.status, answer.body['error']], JSON.stringify(fields)).toEqual([400, 'invalid_grant']);
    }
    expect((await exchange(world, { client_id: mine.id, client_secret: mine.secret, code })).status).toBe(200);
    const stale = await getCode(world, mine.id);
    await world.db.transaction(async (tx) => {
      const account = tx.query<{ user_account: { namespace_id: number; password_version: number } }>();
      const update = account.updateTable('user_account').set({ password_version: 2 });
      await update.where('namespace_id', '=', world.admin.actor.userId).execute();
    });
    const answer = await exchange(world, { client_id: mine.id, client_secret: mine.secret, code: stale });
    expect(answer.body['error']).toBe('invalid_grant');
  });

  it('needs the secret of an application that has one', async () => {
    await using world = await startOAuth(context().db);
    const { id, secret } = await world.register({ redirect_uri: CALLBACK });
    const code = await getCode(world, id, PKCE);
    const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    for (const [fields, headers] of [
      [{ client_id: id }, {}],
      [{ client_id: id, client_secret: '' }, {}],
      [{ client_id: id, client_secret: `${secret}x` }, {}],
      [{ client_id: 'NOSUCHCLIENT', client_secret: secret }, {}],
      [{}, basic(`${id}:wrong`)],
      [{}, { Authorization: `Bearer ${world.admin.token}` }],
    ] as const) {
      const answer = await exchange(world, { ...fields, code, code_verifier: VERIFIER }, headers);
      expect([answer.status, answer.body['error']], JSON.stringify([fields, headers])).toEqual([401, 'invalid_client']);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    }
    const fields = { client_id: id, client_secret: secret, code, code_verifier: VERIFIER };
    expect((await exchange(world, fields)).status).toBe(200);
  });

  it('of a public client needs PKCE by S256, and the verifier instead of a secret', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register({ redirect_uri: CALLBACK, public_client: true });
    const ask = (more: Fields) => {
      const fields = { client_id: id, redirect_uri: CALLBACK, scope: 'user:read', response_type: 'code', ...more };
      return world.send('GET', `/oauth/authorize?${new URLSearchParams(fields).toString()}`, { as: world.admin });
    };
    for (const more of [
      {},
      { code_challenge: CHALLENGE },
      { code_challenge: CHALLENGE, code_challenge_method: 'plain' },
      { code_challenge: 'short', code_challenge_method: 'S256' },
      { code_challenge_method: 'S256' },
    ]) {
      expect(carried(await ask(more)), JSON.stringify(more)).toMatchObject({ error: 'invalid_request' });
    }
    expect((await ask(PKCE)).status).toBe(200);
    const code = await getCode(world, id, PKCE);
    for (const verifier of [undefined, '', CHALLENGE, `${VERIFIER}x`, VERIFIER.slice(0, 42)]) {
      const fields = { client_id: id, code, ...(verifier === undefined ? {} : { code_verifier: verifier }) };
      expect((await exchange(world, fields)).body['error'], verifier).toBe('invalid_grant');
    }
    const answer = await exchange(world, { client_id: id, code, code_verifier: VERIFIER });
    expect(answer.body).toMatchObject({ token_type: 'Bearer', scope: 'user:read' });
    // Who asks in its name next time need not be the one that the user agreed to (RFC 8252 §8.6).
    const again = await ask(PKCE);
    expect([again.status, again.location]).toEqual([200, null]);
    expect((await ask({ ...PKCE, format: 'json' })).body).toMatchObject({ already_authorized: false });
  });

  it('from before a client was made public is of no use without a proof', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register({ redirect_uri: CALLBACK });
    const code = await getCode(world, id);
    await world.db.transaction(async (tx) => {
      const applications = tx.query<{ oauth_application: { client_id: string; public_client: number } }>();
      const update = applications.updateTable('oauth_application').set({ public_client: 1 });
      await update.where('client_id', '=', id).execute();
    });
    expect((await exchange(world, { client_id: id, code })).body['error']).toBe('invalid_grant');
  });

  it('is asked for in a form, each thing once, and not in an address', async () => {
    await using world = await startOAuth(context().db);
    const { id, secret } = await world.register({ redirect_uri: CALLBACK });
    const code = await getCode(world, id);
    const fields = {
      grant_type: 'authorization_code',
      redirect_uri: CALLBACK,
      client_id: id,
      client_secret: secret,
      code,
    };
    const inAddress = await world.send('POST', `/oauth/access_token?${new URLSearchParams(fields).toString()}`);
    expect([inAddress.status, inAddress.body['error']]).toEqual([400, 'invalid_request']);
    const raw = (body: string, type = 'application/x-www-form-urlencoded') =>
      fetch(`${world.url}/oauth/access_token`, { method: 'POST', headers: { 'Content-Type': type }, body });
    const text = new URLSearchParams(fields).toString();
    expect((await raw(`${text}&code=${code}`)).status).toBe(400);
    expect((await raw(text, 'text/plain')).status).toBe(400);
    expect((await raw(`${text}&x=${'x'.repeat(70_000)}`)).status).toBe(400);
    for (const [missing, error] of [
      ['grant_type', 'invalid_request'],
      ['code', 'invalid_request'],
      ['redirect_uri', 'invalid_request'],
      ['client_id', 'invalid_request'],
      ['client_secret', 'invalid_client'],
    ] as const) {
      const { [missing]: _, ...rest } = fields;
      const answer = await world.send('POST', '/oauth/access_token', { form: rest });
      expect(answer.body['error'], missing).toBe(error);
    }
    const wrongGrant = await world.send('POST', '/oauth/access_token', { form: { ...fields, grant_type: 'password' } });
    expect(wrongGrant.body['error']).toBe('unsupported_grant_type');
    expect((await world.send('POST', '/oauth/access_token', { form: fields })).status).toBe(200);
  });

  it('can be exchanged by a program in a browser, without cookies', async () => {
    await using world = await startOAuth(context().db);
    const headers = { Origin: 'https://spa.example.org', 'Access-Control-Request-Method': 'POST' };
    const asked = await world.send('OPTIONS', '/oauth/access_token', { headers });
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
    const refused = await world.send('POST', '/oauth/access_token', {
      headers: { Origin: headers.Origin },
      form: { x: '1' },
    });
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
  });
});
