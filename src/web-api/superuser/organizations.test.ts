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
});
