import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { clockedDatabase } from '../../test/support/clocked-database.ts';
import { createFakeClock } from '../../test/support/fake-clock.ts';
import { startOAuth } from '../../test/support/oauth.ts';
import { OAUTH_SCOPES, type OAuthTables } from '../identity/index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
const FACTS = {
  name: 'Robot arm',
  description: 'Lifts <b>images</b>',
  redirect_uri: 'https://arm.example.org/callback',
  application_uri: 'https://arm.example.org',
  avatar_email: 'arm@example.org',
};

describeOnBothDatabases('applications of an organization', (context) => {
  it('are registered, shown, changed and deleted by its administrators, and each change is logged', async () => {
    await using world = await startOAuth(context().db);
    const { api, organization } = world;
    const list = `/organization/${organization}/applications`;
    const made = await api('POST', list, FACTS);
    expect(made.status).toBe(200);
    expect(made.body).toEqual({
      ...FACTS,
      client_id: expect.stringMatching(/^[A-Z0-9]{20}$/),
      client_secret: expect.stringMatching(/^[A-Z0-9]{40}$/),
      public_client: false,
    });
    const id = String(made.body['client_id']);
    expect((await api('GET', list)).body).toEqual({ applications: [made.body] });
    expect((await api('GET', `${list}/${id}`)).body).toEqual(made.body);
    expect((await api('GET', `/app/${id}`, undefined, world.stranger.token)).body).toEqual({
      name: FACTS.name,
      description: FACTS.description,
      uri: FACTS.application_uri,
      avatar: expect.objectContaining({ name: FACTS.name, kind: 'app' }),
      organization: expect.objectContaining({ name: organization, is_admin: false }),
    });

    const change = { name: 'Robot leg', redirect_uri: '', application_uri: '' };
    const changed = await api('PUT', `${list}/${id}`, change);
    expect(changed.body).toEqual({ ...made.body, ...change, description: '', avatar_email: null });
    const reset = await api('POST', `${list}/${id}/resetclientsecret`);
    expect(reset.body['client_secret']).toMatch(/^[A-Z0-9]{40}$/);
    expect(reset.body['client_secret']).not.toBe(made.body['client_secret']);
    expect((await api('DELETE', `${list}/${id}`)).status).toBe(204);
    expect((await api('GET', `${list}/${id}`)).status).toBe(404);
    expect((await api('GET', `/app/${id}`)).status).toBe(404);

    const log = await world.logged(organization);
    expect(log.slice(1)).toEqual([
      { kind: 'create_application', metadata: { ...FACTS, application_name: FACTS.name, client_id: id } },
      {
        kind: 'update_application',
        metadata: { ...change, description: '', avatar_email: null, application_name: 'Robot leg', client_id: id },
      },
      { kind: 'reset_application_client_secret', metadata: { application_name: 'Robot leg', client_id: id } },
      { kind: 'delete_application', metadata: { application_name: 'Robot leg', client_id: id } },
    ]);
    for (const secret of [made.body['client_secret'], reset.body['client_secret']]) {
      expect(JSON.stringify(log)).not.toContain(secret);
    }
  });

  it('keep their secret encrypted', async () => {
    await using world = await startOAuth(context().db);
    const { id, secret } = await world.register();
    const query = context().db.read<OAuthTables>().selectFrom('oauth_application').selectAll();
    const row = await query.where('client_id', '=', id).executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain(secret);
  });

  it('are refused with an address that answers must not go to', async () => {
    await using world = await startOAuth(context().db);
    const list = `/organization/${world.organization}/applications`;
    for (const bad of [
      { redirect_uri: 'https://arm.example.org/#x' },
      { redirect_uri: 'javascript:alert(1)' },
      { application_uri: 'javascript:alert(1)' },
      { name: '   ' },
      { name: 'x'.repeat(256) },
    ]) {
      expect((await world.api('POST', list, { ...FACTS, ...bad })).status).toBe(400);
    }
    expect((await world.api('GET', list)).body).toEqual({ applications: [] });
  });

  it('are nobody else’s, not even by their id in another organization', async () => {
    await using world = await startOAuth(context().db);
    await using other = await startOAuth(context().db);
    const { id } = await world.register();
    for (const [method, path] of [
      ['GET', ''],
      ['POST', ''],
      ['GET', `/${id}`],
      ['PUT', `/${id}`],
      ['DELETE', `/${id}`],
      ['POST', `/${id}/resetclientsecret`],
      ['GET', `/${id}/tokens`],
      ['POST', `/${id}/tokens`],
      ['DELETE', `/${id}/tokens/x`],
    ] as const) {
      const facts = { name: 'x', redirect_uri: '', application_uri: '', scope: 'repo:read' };
      const body = method === 'GET' ? undefined : facts;
      const foreign = await other.api(method, `/organization/${world.organization}/applications${path}`, body);
      expect(foreign.status, `${method} ${path}`).toBe(403);
      if (!path.includes(id)) continue;
      const misplaced = await other.api(method, `/organization/${other.organization}/applications${path}`, body);
      expect(misplaced.status, `${method} ${path}`).toBe(404);
    }
  });
});

describeOnBothDatabases('tokens of an application', (context) => {
  it('are shown once, act for their maker within their scopes, and end with a word', async () => {
    await using world = await startOAuth(context().db);
    const { api, organization, admin } = world;
    const { id } = await world.register();
    const list = `/organization/${organization}/applications/${id}/tokens`;
    const made = await api('POST', list, { name: '  CI  ', scope: 'user:read,repo:read', expiration: 3600 });
    expect(made.status).toBe(200);
    const { token, ...shown } = made.body;
    expect(shown).toEqual({
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'CI',
      scope: 'repo:read user:read',
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      expires_at: expect.stringMatching(/Z$/),
      created_by: admin.name,
      last_accessed: null,
    });
    const lifetimeMs = Date.parse(String(shown['expires_at'])) - Date.parse(String(shown['created']));
    expect(lifetimeMs).toBe(3_600_000);
    expect((await api('GET', '/user/', undefined, String(token))).body).toMatchObject({ username: admin.name });
    expect((await api('GET', '/user/apptoken', undefined, String(token))).status).toBe(403);
    const listed = (await api('GET', list)).body['tokens'] as Record<string, unknown>[];
    expect(listed).toEqual([{ ...shown, last_accessed: expect.stringMatching(/Z$/) }]);
    expect((await api('DELETE', `${list}/${String(shown['uuid'])}`)).status).toBe(204);
    expect((await api('GET', '/user/', undefined, String(token))).status).toBe(401);
    expect((await api('DELETE', `${list}/${String(shown['uuid'])}`)).status).toBe(404);
    const log = (await world.logged(organization)).slice(2);
    const facts = { oauth_token_uuid: shown['uuid'], application_name: 'Robot arm', client_id: id };
    expect(log).toEqual([
      {
        kind: 'create_oauth_api_token',
        metadata: { ...facts, scope: 'repo:read user:read', token_display_name: 'CI', auth_method: 'OAuth' },
      },
      { kind: 'revoke_oauth_api_token', metadata: facts },
    ]);
  });

  it('live ten years unless told otherwise, and no longer', async () => {
    const clock = createFakeClock(Date.now());
    await using world = await startOAuth(context().db, { clock });
    const { id } = await world.register();
    const list = `/organization/${world.organization}/applications/${id}/tokens`;
    for (const expiration of [undefined, 1e12]) {
      const { body } = await world.api('POST', list, { name: 'x', scope: 'repo:read', expiration });
      const lifetimeMs = Date.parse(String(body['expires_at'])) - Date.parse(String(body['created']));
      expect(lifetimeMs).toBe(315_576_000_000);
    }
    const { body } = await world.api('POST', list, { name: 'x', scope: 'user:read', expiration: 60 });
    expect((await world.api('GET', '/user/', undefined, String(body['token']))).status).toBe(200);
    clock.advance(61_000);
    expect((await world.api('GET', '/user/', undefined, String(body['token']))).status).toBe(401);
    expect((await world.api('POST', list, { name: 'x', scope: 'repo:read', expiration: 0 })).status).toBe(400);
  });

  it('are listed page by page', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register();
    const application = await world.identity.oauth.applications.find(id);
    if (application === undefined) throw new Error('there is no application');
    const user = { id: world.admin.actor.userId, name: world.admin.name };
    await world.db.transaction(async (tx) => {
      for (let index = 0; index < 120; index++) {
        const token = { user, scopes: ['repo:read'], name: `token ${index}` } as const;
        await world.identity.oauth.tokens.create(tx, application, token, SYSTEM);
      }
    });
    const list = `/organization/${world.organization}/applications/${id}/tokens`;
    const names: unknown[] = [];
    const sizes: number[] = [];
    for (let next: string | undefined = ''; next !== undefined;) {
      const { body } = await world.api('GET', `${list}?next_page=${encodeURIComponent(next)}`);
      const tokens = body['tokens'] as Record<string, unknown>[];
      names.push(...tokens.map((token) => token['name']));
      sizes.push(tokens.length);
      next = body['next_page'] as string | undefined;
    }
    expect(sizes).toEqual([50, 50, 20]);
    expect(names).toEqual(Array.from({ length: 120 }, (_, index) => `token ${index}`));
  });

  it('are limited in number, also when they are made at once; expired ones do not count', async () => {
    const clock = createFakeClock(Date.now());
    const db = clockedDatabase(context().db, clock);
    await using world = await startOAuth(db, { settings: { tokensPerApplication: 3 }, clock });
    const { id } = await world.register();
    const list = `/organization/${world.organization}/applications/${id}/tokens`;
    const make = () => world.api('POST', list, { name: 'x', scope: 'repo:read', expiration: 600 });
    const answers = await Promise.all(Array.from({ length: 8 }, make));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.find(({ status }) => status === 400)?.body['message']).toBe(
      'Token limit reached: maximum 3 non-expired tokens per application',
    );
    clock.advance(600_000);
    expect((await make()).status).toBe(200);
  });

  it('may no more than what they were made with', async () => {
    await using world = await startOAuth(context().db);
    const { id } = await world.register();
    const list = `/organization/${world.organization}/applications/${id}/tokens`;
    const make = (scope: string, token?: string) => world.api('POST', list, { name: 'x', scope }, token);
    const weak = await world.makeToken(world.admin, ['org:admin', 'repo:write']);
    expect((await make('repo:read org:admin', weak)).status).toBe(200);
    for (const scope of ['repo:admin', 'user:admin', 'repo:read user:read', 'super:user', 'repo:create']) {
      expect((await make(scope, weak)).status, scope).toBe(403);
    }
    // The administrator of an organization does not administer the registry.
    expect((await make('super:user')).status).toBe(403);
    expect((await make('nothing:real')).body['message']).toBe('Invalid scope: nothing:real');
    expect((await make(OAUTH_SCOPES.filter((scope) => scope !== 'super:user').join(' '))).status).toBe(200);
  });
});
