import { expect, it } from 'vitest';
import { startApi } from '../../../test/support/api.ts';
import { auditLogOf } from '../../../test/support/audit-log.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { POLICY } from '../../../test/support/web-api.ts';
import { decide, ensureRepository, resolveAccess } from '../../catalog/index.ts';
import { findOrganization, type UserActor } from '../../identity/index.ts';
import { parseRepositoryName } from '../../kernel/reference.ts';

describeOnBothDatabases('teams', (context) => {
  let companies = 0;

  const start = async () => {
    const { db } = context();
    const api = await startApi(db);
    const number = (companies += 1);
    const orgname = `company${number}`;
    const [owner, member] = [await api.person(`owner${number}`), await api.person(`member${number}`)];
    await owner.call('POST', '/organization/', { name: orgname });
    const { id } = (await findOrganization(db, orgname)) ?? expect.fail('the organization is not there');
    return { db, api, orgname, owner, member, id, number, path: `/organization/${orgname}` };
  };

  const actorOf = ({ userId, name }: { readonly userId: number; readonly name: string }): UserActor => {
    return { kind: 'user', userId, name, passwordVersion: 1, scopes: undefined };
  };

  it('are made, changed and deleted by administrators, each with its record', async () => {
    const { db, api, owner, id, path } = await start();
    await using _ = api;
    expect(await owner.call('PUT', `${path}/team/devs`, { role: 'creator', description: 'who *write* code' })).toEqual({
      status: 200,
      body: {
        name: 'devs',
        description: 'who *write* code',
        can_view: true,
        role: 'creator',
        avatar: expect.objectContaining({ name: 'devs', kind: 'team' }),
        new_team: true,
      },
    });
    expect((await owner.call('PUT', `${path}/team/devs`, { role: 'member', description: 'all' })).body).toMatchObject({
      role: 'member',
      description: 'all',
      new_team: false,
    });
    // Nothing is changed by saying it again, nor by saying nothing.
    await owner.call('PUT', `${path}/team/devs`, { role: 'member', description: 'all' });
    expect((await owner.call('PUT', `${path}/team/devs`, {})).body).toMatchObject({ role: 'member' });
    expect((await owner.call('PUT', `${path}/team/quiet`, {})).body).toMatchObject({ role: 'member', new_team: true });
    expect((await owner.call('DELETE', `${path}/team/devs`)).status).toBe(204);
    expect((await auditLogOf(db, id)).slice(1)).toEqual([
      { kind: 'org_create_team', actor: owner.name, metadata: { team: 'devs' } },
      { kind: 'org_set_team_description', actor: owner.name, metadata: { team: 'devs', description: 'all' } },
      { kind: 'org_set_team_role', actor: owner.name, metadata: { team: 'devs', role: 'member' } },
      { kind: 'org_create_team', actor: owner.name, metadata: { team: 'quiet' } },
      { kind: 'org_delete_team', actor: owner.name, metadata: { team: 'devs' } },
    ]);
    expect((await owner.call('DELETE', `${path}/team/devs`)).status).toBe(400);
    for (const name of ['A', 'x', 'a b', 'a+b', 'x'.repeat(256)]) {
      expect((await owner.call('PUT', `${path}/team/${encodeURIComponent(name)}`, {})).status).toBe(400);
    }
    expect((await owner.call('PUT', `${path}/team/devs`, { role: 'owner' })).status).toBe(400);
  });

  it('give their members their role on repositories, and take it with them', async () => {
    const { db, api, owner, member, orgname, path } = await start();
    await using _ = api;
    const app = parseRepositoryName(`${orgname}/app`) ?? expect.fail('not a name');
    await db.transaction((tx) => ensureRepository(tx, POLICY, actorOf(owner), app));
    await owner.call('PUT', `${path}/team/devs`, { role: 'member' });
    await owner.call('PUT', `/repository/${app}/permissions/team/devs`, { role: 'write' });
    const may = async () => decide(await resolveAccess(db, POLICY, actorOf(member), app), 'push');
    expect(await may()).toBe('denied');
    expect(await owner.call('PUT', `${path}/team/devs/members/${member.name}`)).toMatchObject({
      status: 200,
      body: { name: member.name, kind: 'user', is_robot: false, invited: false },
    });
    expect(await may()).toBe('allowed');
    expect((await owner.call('GET', `${path}/team/devs/permissions`)).body).toEqual({
      permissions: [{ repository: { name: 'app', is_public: false }, role: 'write' }],
    });
    expect((await owner.call('GET', path)).body).toMatchObject({ teams: { devs: { repo_count: 1, member_count: 1 } } });
    expect((await owner.call('DELETE', `${path}/team/devs`)).status).toBe(204);
    expect(await may()).toBe('denied');
    expect((await owner.call('GET', `/repository/${app}/permissions/team/`)).body).toEqual({ permissions: {} });
  });

  it('have users and robots of the organization as members', async () => {
    const { db, api, owner, member, orgname, id, path } = await start();
    await using _ = api;
    await owner.call('PUT', `${path}/team/devs`, { role: 'member' });
    await owner.call('PUT', `${path}/robots/ci`);
    await member.call('PUT', '/user/robots/mine');
    const put = (name: string) => owner.call('PUT', `${path}/team/devs/members/${encodeURIComponent(name)}`);
    expect((await put(`${orgname}+ci`)).body).toMatchObject({ is_robot: true, kind: 'user' });
    expect((await put(member.name)).status).toBe(200);
    expect((await put(member.name)).body['detail']).toContain('already');
    expect((await put(`${member.name}+mine`)).body['detail']).toContain('not one of the organization');
    expect((await put('nobody-at-all')).status).toBe(400);
    expect((await put(orgname)).status).toBe(400);
    expect((await owner.call('PUT', `${path}/team/none/members/${member.name}`)).status).toBe(404);
    expect((await owner.call('GET', `${path}/team/devs/members`)).body).toEqual({
      name: 'devs',
      members: [
        expect.objectContaining({ name: `${orgname}+ci`, kind: 'user', is_robot: true, invited: false }),
        expect.objectContaining({ name: member.name, kind: 'user', is_robot: false, invited: false }),
      ],
      can_edit: true,
    });
    expect((await owner.call('DELETE', `${path}/team/devs/members/${member.name}`)).status).toBe(204);
    expect((await owner.call('DELETE', `${path}/team/devs/members/${member.name}`)).status).toBe(400);
    expect((await owner.call('DELETE', `${path}/team/devs/members/nobody-at-all`)).status).toBe(404);
    expect((await auditLogOf(db, id)).filter(({ kind }) => kind.endsWith('_member'))).toEqual([
      { kind: 'org_add_team_member', actor: owner.name, metadata: { member: `${orgname}+ci`, team: 'devs' } },
      { kind: 'org_add_team_member', actor: owner.name, metadata: { member: member.name, team: 'devs' } },
      { kind: 'org_remove_team_member', actor: owner.name, metadata: { member: member.name, team: 'devs' } },
    ]);
  });

  it('are seen by their members, and by no others of the organization', async () => {
    const { api, owner, member, path, number } = await start();
    await using _ = api;
    await owner.call('PUT', `${path}/team/devs`, { role: 'member' });
    await owner.call('PUT', `${path}/team/devs/members/${member.name}`);
    expect(await member.call('GET', `${path}/team/devs/members`)).toMatchObject({
      status: 200,
      body: { can_edit: false, members: [{ name: member.name }] },
    });
    expect((await member.call('GET', `${path}/team/owners/members`)).status).toBe(403);
    expect((await member.call('GET', `${path}/team/none/members`)).status).toBe(403);
    expect((await owner.call('GET', `${path}/team/none/members`)).status).toBe(404);
    expect((await member.call('GET', `${path}/team/devs/permissions`)).status).toBe(403);
    expect((await member.call('PUT', `${path}/team/devs`, { role: 'admin' })).status).toBe(403);
    const stranger = await api.person(`stranger${number}`);
    expect((await stranger.call('GET', `${path}/team/devs/members`)).status).toBe(403);
    const limited = await api.person(`limited${number}`, { scopes: ['repo:read', 'user:admin'] });
    await owner.call('PUT', `${path}/team/owners/members/${limited.name}`);
    expect((await limited.call('GET', `${path}/team/owners/members`)).status).toBe(403);
    expect((await limited.call('GET', path)).body).toMatchObject({ is_admin: false, is_member: false });
    const root = await api.person(`root${number}`, { superuser: true });
    expect((await root.call('GET', `${path}/team/devs/members`)).body).toMatchObject({ can_edit: false });
  });

  it('never leave an organization without an administrator', async () => {
    const { api, owner, member, path } = await start();
    await using _ = api;
    await owner.call('PUT', `${path}/team/devs`, { role: 'member' });
    const refused = async (call: typeof owner.call) => {
      const answers = [
        await call('DELETE', `${path}/team/owners/members/${owner.name}`),
        await call('PUT', `${path}/team/owners`, { role: 'creator' }),
        await call('DELETE', `${path}/team/owners`),
      ];
      return answers.map(({ status }) => status);
    };
    expect(await refused(owner.call)).toEqual([400, 400, 400]);
    // A second administrator, by another team: the first still cannot take his own role away, but the second can.
    await owner.call('PUT', `${path}/team/admins`, { role: 'admin' });
    await owner.call('PUT', `${path}/team/admins/members/${member.name}`);
    expect(await refused(owner.call)).toEqual([400, 400, 400]);
    expect((await member.call('PUT', `${path}/team/owners`, { role: 'member' })).status).toBe(200);
    expect((await owner.call('PUT', `${path}/team/devs`, {})).status).toBe(403);
    expect((await member.call('DELETE', `${path}/team/admins`)).status).toBe(400);
    // A robot administers nothing.
    await member.call('PUT', `${path}/robots/ci`);
    await member.call('PUT', `${path}/team/admins/members/${path.split('/').at(-1)}%2Bci`);
    expect((await member.call('DELETE', `${path}/team/admins/members/${member.name}`)).status).toBe(400);
  });

  it('keep an administrator when two of them remove each other at the same time', async () => {
    const { api, owner, member, path } = await start();
    await using _ = api;
    for (let round = 0; round < 5; round++) {
      await owner.call('PUT', `${path}/team/owners/members/${member.name}`);
      const answers = await Promise.all([
        owner.call('DELETE', `${path}/team/owners/members/${member.name}`),
        member.call('DELETE', `${path}/team/owners/members/${owner.name}`),
      ]);
      const removed = answers.filter(({ status }) => status === 204);
      expect(removed.length).toBeLessThanOrEqual(1);
      // Whoever is left lets the other in again.
      const left = answers[1].status === 204 ? member : owner;
      await left.call('PUT', `${path}/team/owners/members/${(left === member ? owner : member).name}`);
      expect((await owner.call('GET', `${path}/team/owners/members`)).body).toMatchObject({
        members: [{ name: member.name }, { name: owner.name }],
      });
    }
  });
});
