import { expect, it } from 'vitest';
import { startApi } from '../../../test/support/api.ts';
import { auditLogOf } from '../../../test/support/audit-log.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { POLICY } from '../../../test/support/web-api.ts';
import { decide, ensureRepository, resolveAccess } from '../../catalog/index.ts';
import { findOrganization, type UserActor } from '../../identity/index.ts';
import { parseRepositoryName, type RepositoryName } from '../../kernel/reference.ts';

const repositoryName = (text: string): RepositoryName =>
  parseRepositoryName(text) ?? expect.fail(`"${text}" is no name`);

describeOnBothDatabases('members', (context) => {
  let companies = 0;

  const start = async () => {
    const { db } = context();
    const api = await startApi(db);
    const number = (companies += 1);
    const orgname = `company${number}`;
    const path = `/organization/${orgname}`;
    const [owner, member, outside] = await Promise.all([
      api.person(`owner${number}`),
      api.person(`member${number}`),
      api.person(`outside${number}`),
    ]);
    await owner.call('POST', '/organization/', { name: orgname });
    await owner.call('PUT', `${path}/team/devs`, { role: 'creator' });
    await owner.call('PUT', `${path}/team/ops`, { role: 'member' });
    for (const team of ['devs', 'ops']) await owner.call('PUT', `${path}/team/${team}/members/${member.name}`);
    const { id } = (await findOrganization(db, orgname)) ?? expect.fail('the organization is not there');
    const actorOf = ({ userId, name }: { readonly userId: number; readonly name: string }): UserActor => {
      return { kind: 'user', userId, name, passwordVersion: 1, scopes: undefined };
    };
    const push = (person: typeof owner, name: string) =>
      db.transaction((tx) => ensureRepository(tx, POLICY, actorOf(person), repositoryName(`${orgname}/${name}`)));
    const may = async (person: typeof owner, name: string) =>
      decide(await resolveAccess(db, POLICY, actorOf(person), repositoryName(`${orgname}/${name}`)), 'push');
    const grant = (name: string, who: string, role: string) =>
      owner.call('PUT', `/repository/${orgname}/${name}/permissions/user/${encodeURIComponent(who)}`, { role });
    return { db, api, orgname, path, owner, member, outside, id, push, may, grant, number };
  };

  it('are listed with their teams and what they are granted directly; others are collaborators', async () => {
    const { api, path, orgname, owner, member, outside, push, grant } = await start();
    await using _ = api;
    await push(owner, 'app');
    await push(owner, 'web');
    await owner.call('PUT', `${path}/robots/ci`);
    await owner.call('PUT', `${path}/team/devs/members/${orgname}%2Bci`);
    for (const name of ['app', 'web']) await grant(name, outside.name, 'read');
    await grant('app', member.name, 'write');
    await grant('app', `${orgname}+ci`, 'write');
    const team = (name: string) => ({ name, avatar: expect.objectContaining({ kind: 'team' }) });
    expect((await owner.call('GET', `${path}/members`)).body).toEqual({
      members: [
        {
          name: member.name,
          kind: 'user',
          avatar: expect.objectContaining({ name: member.name }),
          teams: [team('devs'), team('ops')],
          repositories: ['app'],
        },
        // Whoever creates a repository is granted it.
        expect.objectContaining({ name: owner.name, teams: [team('owners')], repositories: ['app', 'web'] }),
      ],
    });
    expect((await owner.call('GET', `${path}/collaborators`)).body).toEqual({
      collaborators: [
        {
          kind: 'user',
          name: outside.name,
          avatar: expect.objectContaining({ name: outside.name, kind: 'user' }),
          repositories: ['app', 'web'],
        },
      ],
    });
    await owner.call('DELETE', `/repository/${orgname}/web`);
    expect((await owner.call('GET', `${path}/collaborators`)).body).toMatchObject({
      collaborators: [{ repositories: ['app'] }],
    });
    expect((await owner.call('GET', `${path}/members/${member.name}`)).body).toEqual({
      name: member.name,
      kind: 'user',
      avatar: expect.objectContaining({ name: member.name }),
      teams: [team('devs'), team('ops')],
      repositories: ['app'],
    });
    const robot = `${path}/members/${orgname}%2Bci`;
    expect((await owner.call('GET', robot)).body).toMatchObject({ kind: 'robot', repositories: ['app'] });
    for (const name of [outside.name, 'nobody-at-all', orgname, `${outside.name}+x`]) {
      expect((await owner.call('GET', `${path}/members/${encodeURIComponent(name)}`)).status).toBe(404);
    }
    for (const list of ['members', 'collaborators', `members/${member.name}`]) {
      expect((await member.call('GET', `${path}/${list}`)).status).toBe(403);
    }
  });

  it('lose everything in the organization when they are removed, and nothing elsewhere', async () => {
    const { db, api, id, path, orgname, owner, member, push, may, grant } = await start();
    await using _ = api;
    await push(owner, 'app');
    await push(member, 'own');
    await grant('app', member.name, 'write');
    expect([await may(member, 'app'), await may(member, 'own')]).toEqual(['allowed', 'allowed']);
    const delegate = { kind: 'user', name: member.name };
    await owner.call('POST', `${path}/prototypes`, { role: 'write', delegate });
    await push(owner, 'web');
    expect(await may(member, 'web')).toBe('allowed');
    expect((await owner.call('DELETE', `${path}/members/${member.name}`)).status).toBe(204);
    await push(owner, 'new');
    expect([await may(member, 'web'), await may(member, 'new')]).toEqual(['denied', 'denied']);
    expect((await owner.call('GET', `${path}/prototypes`)).body).toEqual({ prototypes: [] });
    expect([await may(member, 'app'), await may(member, 'own')]).toEqual(['denied', 'denied']);
    expect((await owner.call('GET', `${path}/members`)).body).toMatchObject({ members: [{ name: owner.name }] });
    expect((await owner.call('GET', `${path}/collaborators`)).body).toEqual({ collaborators: [] });
    const removals = (await auditLogOf(db, id)).filter(({ kind }) => /^(org_remove|delete)/.test(kind));
    expect(removals).toEqual([
      { kind: 'org_remove_team_member', actor: owner.name, metadata: { member: member.name, team: 'devs' } },
      { kind: 'org_remove_team_member', actor: owner.name, metadata: { member: member.name, team: 'ops' } },
      {
        kind: 'delete_prototype_permission',
        actor: owner.name,
        metadata: expect.objectContaining({ delegate_user: member.name, role: 'write', username: owner.name }),
      },
      ...['app', 'own', 'web'].map((repo) => ({
        kind: 'delete_repo_permission',
        actor: owner.name,
        metadata: { username: member.name, repo, namespace: orgname },
      })),
    ]);
    expect((await member.call('GET', '/user/')).status).toBe(200);
    expect((await owner.call('DELETE', `${path}/members/nobody-at-all`)).status).toBe(404);
  });

  it('are in no list any more when their account is deleted', async () => {
    const { api, path, owner, member } = await start();
    await using _ = api;
    const delegate = { kind: 'user', name: member.name };
    await owner.call('POST', `${path}/prototypes`, { role: 'write', delegate });
    expect((await member.call('DELETE', '/user/')).status).toBe(204);
    expect((await owner.call('GET', `${path}/team/devs/members`)).body).toMatchObject({ members: [] });
    expect((await owner.call('GET', `${path}/members`)).body).toMatchObject({ members: [{ name: owner.name }] });
    expect((await owner.call('GET', `${path}/prototypes`)).body).toEqual({ prototypes: [] });
    const { body } = await owner.call('GET', path);
    expect(body).toMatchObject({ teams: { devs: { member_count: 0 }, ops: { member_count: 0 } } });
  });

  it('may leave while somebody else administers the organization', async () => {
    const { api, path, owner, member } = await start();
    await using _ = api;
    expect((await owner.call('DELETE', `${path}/members/${owner.name}`)).status).toBe(400);
    await owner.call('PUT', `${path}/team/owners/members/${member.name}`);
    expect((await owner.call('DELETE', `${path}/members/${owner.name}`)).status).toBe(204);
    expect((await owner.call('GET', `${path}/members`)).status).toBe(403);
    expect((await member.call('DELETE', `${path}/members/${member.name}`)).status).toBe(400);
  });

  it('give new repositories to others by default permissions', async () => {
    const { api, path, orgname, owner, member, outside, push, may } = await start();
    await using _ = api;
    await owner.call('PUT', `${path}/robots/ci`);
    const make = (body: unknown) => owner.call('POST', `${path}/prototypes`, body);
    const all = await make({ role: 'read', delegate: { name: outside.name, kind: 'user' } });
    expect(all).toEqual({
      status: 200,
      body: {
        id: expect.any(String),
        role: 'read',
        activating_user: null,
        delegate: {
          name: outside.name,
          kind: 'user',
          is_robot: false,
          is_org_member: false,
          avatar: expect.objectContaining({ kind: 'user' }),
        },
      },
    });
    const byMember = { activating_user: { name: member.name } };
    const own = await make({ role: 'write', ...byMember, delegate: { name: outside.name, kind: 'user' } });
    expect(own.body).toMatchObject({ activating_user: { name: member.name, is_org_member: true, is_robot: false } });
    await make({ role: 'write', delegate: { name: `${orgname}+ci`, kind: 'user' } });
    expect((await make({ role: 'write', delegate: { name: 'ops', kind: 'team' } })).body['delegate']).toEqual({
      name: 'ops',
      kind: 'team',
      avatar: expect.objectContaining({ kind: 'team' }),
    });
    // A default takes nothing from the creator.
    await make({ role: 'read', delegate: { name: member.name, kind: 'user' } });

    await push(owner, 'first');
    await push(member, 'second');
    expect([await may(outside, 'first'), await may(outside, 'second')]).toEqual(['denied', 'allowed']);
    expect(await may(member, 'first')).toBe('allowed');
    const grants = async (name: string) => {
      const users = await owner.call('GET', `/repository/${orgname}/${name}/permissions/user/`);
      const teams = await owner.call('GET', `/repository/${orgname}/${name}/permissions/team/`);
      const roles = Object.entries({
        ...(users.body['permissions'] as Record<string, { role: string }>),
        ...(teams.body['permissions'] as Record<string, { role: string }>),
      });
      return Object.fromEntries(roles.map(([who, { role }]) => [who, role]));
    };
    expect(await grants('first')).toEqual({
      [owner.name]: 'admin',
      [outside.name]: 'read',
      [member.name]: 'read',
      [`${orgname}+ci`]: 'write',
      ops: 'write',
    });
    expect(await grants('second')).toEqual({
      [member.name]: 'admin',
      [outside.name]: 'write',
      [`${orgname}+ci`]: 'write',
      ops: 'write',
    });
    // Also where the API creates the repository; and what was there before stays as it was.
    const id = String(own.body['id']);
    expect((await owner.call('PUT', `${path}/prototypes/${id}`, { role: 'admin' })).body).toMatchObject({
      role: 'admin',
    });
    const third = { namespace: orgname, repository: 'third', visibility: 'private', description: '' };
    expect((await member.call('POST', '/repository', third)).status).toBe(201);
    expect((await grants('third'))[outside.name]).toBe('admin');
    expect((await grants('second'))[outside.name]).toBe('write');

    // Nothing is left of who is gone.
    await owner.call('DELETE', `${path}/robots/ci`);
    await owner.call('DELETE', `${path}/team/ops`);
    await owner.call('DELETE', `${path}/prototypes/${id}`);
    const left = (await owner.call('GET', `${path}/prototypes`)).body['prototypes'] as { delegate: { name: string } }[];
    expect(left.map(({ delegate }) => delegate.name)).toEqual([outside.name, member.name]);
    await push(owner, 'fourth');
    expect(await grants('fourth')).toEqual({
      [owner.name]: 'admin',
      [outside.name]: 'read',
      [member.name]: 'read',
    });
  });

  it('are changed in their default permissions by administrators, with a record of each change', async () => {
    const { db, api, id, path, owner, member, outside } = await start();
    await using _ = api;
    const body = { role: 'write', activating_user: { name: member.name }, delegate: { name: 'ops', kind: 'team' } };
    expect((await member.call('POST', `${path}/prototypes`, body)).status).toBe(403);
    const uuid = String((await owner.call('POST', `${path}/prototypes`, body)).body['id']);
    await owner.call('PUT', `${path}/prototypes/${uuid}`, { role: 'read' });
    expect((await owner.call('DELETE', `${path}/prototypes/${uuid}`)).status).toBe(204);
    expect((await owner.call('DELETE', `${path}/prototypes/${uuid}`)).status).toBe(404);
    const facts = { prototypeid: uuid, username: owner.name, activating_username: member.name, delegate_team: 'ops' };
    expect((await auditLogOf(db, id)).slice(-3)).toEqual([
      { kind: 'create_prototype_permission', actor: owner.name, metadata: { ...facts, role: 'write' } },
      {
        kind: 'modify_prototype_permission',
        actor: owner.name,
        metadata: { ...facts, role: 'read', original_role: 'write' },
      },
      { kind: 'delete_prototype_permission', actor: owner.name, metadata: { ...facts, role: 'read' } },
    ]);
    for (const wrong of [
      { ...body, activating_user: { name: 'nobody-at-all' } },
      { ...body, delegate: { name: 'none', kind: 'team' } },
      { ...body, delegate: { name: 'nobody-at-all', kind: 'user' } },
      { ...body, delegate: { name: outside.name, kind: 'org' } },
      { ...body, role: 'owner' },
      { role: 'read' },
    ]) {
      expect((await owner.call('POST', `${path}/prototypes`, wrong)).status).toBe(400);
    }
    expect((await owner.call('PUT', `${path}/prototypes/none`, { role: 'read' })).status).toBe(404);
  });
});
