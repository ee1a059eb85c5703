import { expect, it } from 'vitest';
import { startApi } from '../../../test/support/api.ts';
import { auditLogOf } from '../../../test/support/audit-log.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { STANDING } from '../../../test/support/standing.ts';
import { ORGANIZATION_SETTINGS, POLICY } from '../../../test/support/web-api.ts';
import { ensureRepository, resolveAccess } from '../../catalog/index.ts';
import { findOrganization } from '../../identity/index.ts';
import { parseRepositoryName } from '../../kernel/reference.ts';

const repositoryName = (text: string) => parseRepositoryName(text) ?? expect.fail(`"${text}" is no name`);

describeOnBothDatabases('organizations', (context) => {
  let companies = 0;

  /** An organization, made over the API by its owner. */
  const start = async (settings: Partial<typeof ORGANIZATION_SETTINGS> = {}) => {
    const { db } = context();
    const api = await startApi(db, { organizations: { ...ORGANIZATION_SETTINGS, ...settings } });
    const orgname = `company${(companies += 1)}`;
    const owner = await api.person(`owner${companies}`);
    expect(await owner.call('POST', '/organization/', { name: orgname, email: 'hq@acme.test' })).toEqual({
      status: 201,
      body: 'Created',
    });
    const { id } = (await findOrganization(db, orgname)) ?? expect.fail('the organization is not there');
    return { db, api, orgname, owner, id, number: companies };
  };

  it('are made by a user, who administers them', async () => {
    const { db, api, orgname, owner, id } = await start();
    await using _ = api;
    expect(await owner.call('GET', `/organization/${orgname}`)).toEqual({
      status: 200,
      body: {
        name: orgname,
        email: 'hq@acme.test',
        avatar: expect.objectContaining({ name: orgname, kind: 'org' }),
        is_admin: true,
        is_member: true,
        teams: {
          owners: {
            name: 'owners',
            description: '',
            role: 'admin',
            avatar: expect.objectContaining({ name: 'owners', kind: 'team' }),
            can_view: true,
            repo_count: 0,
            member_count: 1,
            is_synced: false,
          },
        },
        ordered_teams: ['owners'],
        invoice_email: false,
        invoice_email_address: null,
        tag_expiration_s: 1_209_600,
        is_free_account: true,
      },
    });
    expect(await auditLogOf(db, id)).toEqual([
      { kind: 'org_create', actor: owner.name, metadata: { namespace: orgname, email: 'hq@acme.test' } },
    ]);
  });

  it('show strangers and anonymous callers their name alone, and their teams to members and superusers', async () => {
    const { api, orgname, owner, number } = await start();
    await using _ = api;
    const stranger = await api.person(`stranger${number}`);
    const outside = {
      name: orgname,
      email: '',
      avatar: expect.objectContaining({ name: orgname }),
      is_admin: false,
      is_member: false,
    };
    expect(await stranger.call('GET', `/organization/${orgname}`)).toEqual({ status: 200, body: outside });
    expect(await api.anonymous('GET', `/organization/${orgname}`)).toEqual({ status: 200, body: outside });

    await owner.call('PUT', `/organization/${orgname}/team/devs`, { role: 'member' });
    const member = await api.person(`member${number}`);
    await owner.call('PUT', `/organization/${orgname}/team/devs/members/${member.name}`);
    const seen = (await member.call('GET', `/organization/${orgname}`)).body;
    expect(seen).toMatchObject({
      email: '',
      is_admin: false,
      is_member: true,
      ordered_teams: ['owners', 'devs'],
      teams: { owners: { can_view: false }, devs: { can_view: true, member_count: 1 } },
    });
    expect(seen).not.toHaveProperty('tag_expiration_s');

    const root = await api.person(`root${number}`, { superuser: true });
    expect((await root.call('GET', `/organization/${orgname}`)).body).toMatchObject({
      is_admin: false,
      is_member: false,
      ordered_teams: ['owners', 'devs'],
    });
    expect((await stranger.call('GET', '/organization/nothing-here')).status).toBe(404);
    // A user is no organization.
    expect((await stranger.call('GET', `/organization/${owner.name}`)).status).toBe(404);
  });

  it('refuse names that are taken, reserved or none, and addresses that are none', async () => {
    const { api, orgname, owner } = await start();
    await using _ = api;
    const create = async (body: unknown) => (await owner.call('POST', '/organization/', body)).status;
    for (const name of [orgname, owner.name, 'api', 'Acme', 'a', 'a..b', 'асме', 'x'.repeat(256), 'a+b']) {
      expect([name, await create({ name })]).toEqual([name, 400]);
    }
    expect(await create({ name: `${orgname}x`, email: 'nobody' })).toBe(400);
    expect(await create({})).toBe(400);
    // An address is nobody's alone, and none is needed.
    expect(await create({ name: `${orgname}y`, contact_email: 'hq@acme.test', email: 'no@acme.test' })).toBe(201);
    expect((await owner.call('GET', `/organization/${orgname}y`)).body['email']).toBe('hq@acme.test');
    expect(await create({ name: `${orgname}z` })).toBe(201);
    expect((await api.anonymous('POST', '/organization/', { name: 'anything' })).status).toBe(401);
  });

  it('are made once when two ask for one name at the same time', async () => {
    const { api, orgname, owner, number } = await start();
    await using _ = api;
    const other = await api.person(`other${number}`);
    const name = `${orgname}-race`;
    const answers = await Promise.all(
      [owner, other, owner, other].map(({ call }) => call('POST', '/organization/', { name })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 400, 400, 400]);
  });

  it('are made by superusers alone, when that is set', async () => {
    const { db, number } = await start();
    await using api = await startApi(db, {
      catalogPolicy: { ...POLICY, standing: { ...STANDING, onlySuperusersMakeOrganizations: true } },
    });
    const user = await api.person(`plain${number}`);
    const root = await api.person(`admin${number}`, { superuser: true });
    const limited = await api.person(`limited${number}`, { superuser: true, scopes: ['user:admin'] });
    const name = `closed${number}`;
    expect((await user.call('POST', '/organization/', { name })).status).toBe(403);
    expect((await limited.call('POST', '/organization/', { name })).status).toBe(403);
    expect((await root.call('POST', '/organization/', { name })).status).toBe(201);
  });

  it('are changed by their administrators, each change with its record', async () => {
    const { db, api, orgname, owner, id, number } = await start();
    await using _ = api;
    const path = `/organization/${orgname}`;
    const changed = await owner.call('PUT', path, {
      email: 'first@acme.test',
      contact_email: 'new@acme.test',
      invoice_email: true,
      invoice_email_address: 'money@acme.test',
      tag_expiration_s: 86_400,
    });
    expect(changed).toMatchObject({
      status: 200,
      body: {
        email: 'new@acme.test',
        invoice_email: true,
        invoice_email_address: 'money@acme.test',
        tag_expiration_s: 86_400,
        ordered_teams: ['owners'],
      },
    });
    expect((await auditLogOf(db, id)).slice(1)).toEqual([
      {
        kind: 'org_change_email',
        actor: owner.name,
        metadata: { namespace: orgname, email: 'new@acme.test', old_email: 'hq@acme.test' },
      },
      { kind: 'org_change_invoicing', actor: owner.name, metadata: { namespace: orgname, invoice_email: true } },
      {
        kind: 'org_change_invoicing',
        actor: owner.name,
        metadata: { namespace: orgname, invoice_email_address: 'money@acme.test' },
      },
      {
        kind: 'org_change_tag_expiration',
        actor: owner.name,
        metadata: { namespace: orgname, tag_expiration: 86_400 },
      },
    ]);
    // What is the same already is no change.
    await owner.call('PUT', path, { invoice_email: true, tag_expiration_s: 86_400 });
    expect(await auditLogOf(db, id)).toHaveLength(5);

    expect((await owner.call('PUT', path, { tag_expiration_s: 5 })).body['detail']).toContain('choose one of 0, 86400');
    expect((await owner.call('PUT', path, { tag_expiration_s: -1 })).status).toBe(400);
    expect((await owner.call('PUT', path, { email: 'nobody' })).status).toBe(400);
    expect((await owner.call('PUT', path, { contact_email: null, invoice_email_address: null })).body).toMatchObject({
      email: '',
      invoice_email_address: null,
    });
    const stranger = await api.person(`visitor${number}`);
    expect((await stranger.call('PUT', path, { email: 'mine@x.test' })).status).toBe(403);
  });

  it('keep the time machine as it is where owners may not change it', async () => {
    const { api, orgname, owner } = await start({
      tagExpiration: { ...ORGANIZATION_SETTINGS.tagExpiration, changeable: false },
    });
    await using _ = api;
    const answer = await owner.call('PUT', `/organization/${orgname}`, { tag_expiration_s: 0 });
    expect(answer).toMatchObject({ status: 200, body: { tag_expiration_s: 1_209_600 } });
  });

  it('go with everything in them, and leave their name free', async () => {
    const { db, api, orgname, owner, id, number } = await start();
    await using _ = api;
    const path = `/organization/${orgname}`;
    const robot = (await owner.call('PUT', `${path}/robots/ci`)).body;
    await owner.call('PUT', `${path}/team/devs`, { role: 'creator' });
    await owner.call('PUT', `${path}/team/devs/members/${orgname}%2Bci`);
    const application = String(
      (await owner.call('POST', `${path}/applications`, { name: 'helper' })).body['client_id'],
    );
    const issued = await owner.call('POST', `${path}/applications/${application}/tokens`, {
      name: 'for the helper',
      scope: 'user:read',
    });
    const byApplication = async () => {
      const headers = { Authorization: `Bearer ${String(issued.body['token'])}` };
      return (await fetch(`${api.server.url}/api/v1/user/`, { headers })).status;
    };
    expect(await byApplication()).toBe(200);
    const actor = await api.identity.authenticateBasic(`${orgname}+ci`, String(robot['token']), '192.0.2.1');
    if (actor === undefined) throw new Error('the robot cannot sign in');
    const app = repositoryName(`${orgname}/app`);
    const user = await api.identity.loadActor(owner.userId, 1);
    expect(user?.name).toBe(owner.name);
    const ownActor = {
      kind: 'user',
      userId: owner.userId,
      name: owner.name,
      passwordVersion: 1,
      scopes: undefined,
    } as const;
    await db.transaction((tx) => ensureRepository(tx, POLICY, ownActor, app));
    await owner.call('PUT', `/repository/${app}/permissions/team/devs`, { role: 'write' });

    const stranger = await api.person(`passer${number}`);
    expect((await stranger.call('DELETE', path)).status).toBe(403);
    expect((await owner.call('DELETE', path)).status).toBe(204);
    expect((await owner.call('GET', path)).status).toBe(404);
    expect(await byApplication()).toBe(401);
    expect((await resolveAccess(db, POLICY, ownActor, app)).repository).toBeUndefined();
    expect(await api.identity.authenticateBasic(`${orgname}+ci`, String(robot['token']), '192.0.2.1')).toBeUndefined();
    expect((await auditLogOf(db, id)).at(-1)).toEqual({
      kind: 'org_delete',
      actor: owner.name,
      metadata: { namespace: orgname },
    });

    // Whoever comes next finds nothing of it.
    expect((await stranger.call('POST', '/organization/', { name: orgname, email: 'hq@acme.test' })).status).toBe(201);
    expect((await stranger.call('GET', path)).body).toMatchObject({ ordered_teams: ['owners'] });
    expect((await stranger.call('GET', `${path}/robots`)).body).toEqual({ robots: [] });
    const theirs = { ...ownActor, userId: stranger.userId, name: stranger.name };
    expect((await resolveAccess(db, POLICY, theirs, app)).repository).toBeUndefined();
    expect((await owner.call('GET', `${path}/robots`)).status).toBe(403);
  });
});
