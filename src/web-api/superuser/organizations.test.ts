import { expect, it } from 'vitest';
import { startApi } from '../../../test/support/api.ts';
import { auditLogOf } from '../../../test/support/audit-log.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { findOrganization } from '../../identity/index.ts';

describeOnBothDatabases('organizations in the hands of superusers', (context) => {
  let number = 0;
  const start = async () => {
    number += 1;
    const { db } = context();
    const api = await startApi(db);
    const root = await api.person(`root${number}`, { superuser: true });
    const owner = await api.person(`owner${number}`);
    const orgname = `org${number}`;
    await owner.call('POST', '/organization/', { name: orgname, email: 'org@example.org' });
    const id = (await findOrganization(db, orgname))?.id ?? 0;
    return { db, api, root, owner, orgname, id, n: number };
  };

  it('are listed in pages, each once, until they are deleted', async () => {
    const { api, root, owner, orgname, n } = await start();
    await using _ = api;
    const more = Array.from({ length: 5 }, (__, index) => `org${n}-${index}`);
    for (const name of more) await owner.call('POST', '/organization/', { name });
    await owner.call('DELETE', `/organization/${more[1]}`);
    const found: { name: string }[] = [];
    for (let next = ''; ;) {
      const { body } = await root.call('GET', `/superuser/organizations/?limit=2${next}`);
      found.push(...(body['organizations'] as { name: string }[]));
      if (body['next_page'] === undefined) break;
      next = `&next_page=${encodeURIComponent(body['next_page'] as string)}`;
    }
    const names = found.map(({ name }) => name).filter((name) => name.startsWith(orgname));
    expect(names).toEqual([orgname, ...more.filter((name) => name !== more[1])]);
    expect(found.find(({ name }) => name === orgname)).toMatchObject({
      email: 'org@example.org',
      avatar: { kind: 'org', name: orgname },
    });
    const whole = await root.call('GET', '/superuser/organizations/');
    expect((whole.body['organizations'] as unknown[]).length).toBe(found.length);
  });

  it('are deleted with a record, and their name is free', async () => {
    const { api, db, root, owner, orgname, id } = await start();
    await using _ = api;
    expect((await root.call('DELETE', `/superuser/organizations/${orgname}`)).status).toBe(204);
    expect((await root.call('DELETE', `/superuser/organizations/${orgname}`)).status).toBe(404);
    expect((await root.call('DELETE', `/superuser/organizations/${owner.name}`)).status).toBe(404);
    expect((await auditLogOf(db, id)).at(-1)).toMatchObject({ kind: 'org_delete', actor: root.name });
    expect((await owner.call('POST', '/organization/', { name: orgname })).status).toBe(201);
  });

  it('stand beside what superusers are told of the server', async () => {
    const { api, root, owner } = await start();
    await using _ = api;
    expect(await root.call('GET', '/superuser/changelog/')).toEqual({ status: 200, body: { log: '# Changelog' } });
    expect(await root.call('GET', '/superuser/config')).toMatchObject({
      status: 200,
      body: { config: { SUPER_USERS: [] } },
    });
    for (const path of ['/superuser/changelog/', '/superuser/config']) {
      expect((await owner.call('GET', path)).status).toBe(403);
    }
    await using off = await startApi(context().db, { featuresOff: new Set(['FEATURE_SUPERUSER_CONFIGDUMP']) });
    const other = await off.person(`other${number}`, { superuser: true });
    expect((await other.call('GET', '/superuser/config')).status).toBe(404);
  });

  it('are renamed with a record, and go on under the old name, too', async () => {
    const { api, db, root, owner, orgname, id, n } = await start();
    await using _ = api;
    const path = `/superuser/organizations/${orgname}`;
    for (const name of [owner.name, 'UPPER', 'api']) expect((await root.call('PUT', path, { name })).status).toBe(400);
    const renamed = await root.call('PUT', path, { name: `renamed${n}` });
    expect(renamed).toMatchObject({ status: 200, body: { name: `renamed${n}`, avatar: { name: `renamed${n}` } } });
    expect((await owner.call('GET', `/organization/renamed${n}`)).body).toMatchObject({ is_admin: true });
    expect((await auditLogOf(db, id)).at(-1)).toMatchObject({ kind: 'org_change_name', actor: root.name });
    expect((await root.call('PUT', `/superuser/organizations/none${n}`, { name: 'whatever' })).status).toBe(404);
  });

  it('are taken over: the superuser administers them beside those who did', async () => {
    const { api, db, root, owner, orgname, id } = await start();
    await using _ = api;
    const taken = await root.call('POST', `/superuser/takeownership/${orgname}`);
    expect(taken).toEqual({ status: 200, body: { namespace: orgname } });
    expect((await root.call('POST', `/superuser/takeownership/${orgname}`)).status).toBe(200);
    for (const { call } of [root, owner]) {
      expect((await call('PUT', `/organization/${orgname}`, { invoice_email: false })).status).toBe(200);
    }
    expect((await auditLogOf(db, id)).at(-1)).toMatchObject({
      kind: 'take_ownership',
      actor: root.name,
      metadata: { namespace: orgname, was_user: false, superuser: root.name, team: 'owners' },
    });
    expect((await root.call('POST', '/superuser/takeownership/nobody-at-all')).status).toBe(404);
  });

  it('are made of users who are taken over, whose account goes', async () => {
    const { api, db, root, owner, orgname, n } = await start();
    await using _ = api;
    const user = await api.person(`user${n}`, { email: `user${n}@example.org` });
    await owner.call('PUT', `/organization/${orgname}/team/readers`, { role: 'member' });
    await owner.call('PUT', `/organization/${orgname}/team/readers/members/${user.name}`);
    // An owner alone cannot be taken from his organization.
    expect((await root.call('POST', `/superuser/takeownership/${owner.name}`)).status).toBe(400);
    expect((await root.call('POST', `/superuser/takeownership/${root.name}`)).status).toBe(403);
    expect((await root.call('POST', `/superuser/takeownership/${user.name}`)).status).toBe(200);
    expect((await user.call('GET', '/user/')).status).toBe(401);
    expect((await root.call('GET', `/organization/${user.name}`)).body).toMatchObject({ is_admin: true });
    const kinds = (await auditLogOf(db, user.userId)).map(({ kind }) => kind);
    expect(kinds.slice(-2)).toEqual(['take_ownership', 'account_convert']);
  });
});
