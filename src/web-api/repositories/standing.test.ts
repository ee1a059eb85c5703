import { beforeAll, expect, it } from 'vitest';
import { type Person, startApi, type TestApi } from '../../../test/support/api-people.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { STANDING } from '../../../test/support/standing.ts';
import { createOrganization } from '../../identity/index.ts';

describeOnBothDatabases('repositories over the API, for superusers and restricted users', (context) => {
  let plain: TestApi;
  let ada: Person;
  let root: Person;
  let auditor: Person;
  beforeAll(async () => {
    plain = await startApi(context().db);
    [ada, auditor] = [await plain.person('ada'), await plain.person('auditor')];
    root = await plain.person('root', { superuser: true });
    const body = { repository: 'secret', visibility: 'private', description: '' };
    expect((await plain.call(ada, 'POST', '/repository', body)).status).toBe(201);
    return () => plain[Symbol.asyncDispose]();
  });

  const names = async (api: TestApi, by: Person, query: string) => {
    const { body } = await api.call(by, 'GET', `/repository?${query}`);
    return (body['repositories'] as { namespace: string; name: string }[]).map((one) => `${one.namespace}/${one.name}`);
  };
  const creating = (api: TestApi, by: Person, namespace: string, repository: string) =>
    api.call(by, 'POST', '/repository', { namespace, repository, visibility: 'private', description: '' });

  it('are closed to superusers, unless they have full access', async () => {
    expect((await plain.call(root, 'GET', '/repository/ada/secret')).status).toBe(403);
    expect(await names(plain, root, 'namespace=ada&public=true')).toEqual([]);
    expect((await creating(plain, root, 'ada', 'theirs')).status).toBe(403);

    await using full = await startApi(context().db, { policy: { standing: { ...STANDING, fullAccess: true } } });
    expect(await full.call(root, 'GET', '/repository/ada/secret')).toMatchObject({
      status: 200,
      body: { can_write: true, can_admin: true },
    });
    expect((await full.call(root, 'GET', '/repository/ada/none')).status).toBe(404);
    expect(await names(full, root, 'namespace=ada')).toEqual(['ada/secret']);
    expect((await creating(full, root, 'ada', 'theirs')).status).toBe(201);
    expect((await creating(full, root, 'nobody-at-all', 'theirs')).status).toBe(403);
    expect((await full.call(root, 'DELETE', '/repository/ada/theirs')).status).toBe(204);
    const narrow = await full.token(root, ['repo:create', 'repo:admin']);
    expect((await full.call(narrow, 'GET', '/repository/ada/secret')).status).toBe(403);
  });

  it('are shown to read-only superusers, who change none of them', async () => {
    const standing = { ...STANDING, readOnlySuperusers: new Set(['auditor']) };
    await using api = await startApi(context().db, { policy: { standing } });
    expect(await api.call(auditor, 'GET', '/repository/ada/secret')).toMatchObject({
      status: 200,
      body: { can_write: false, can_admin: false },
    });
    expect(await names(api, auditor, 'namespace=ada')).toEqual(['ada/secret']);
    expect((await creating(api, auditor, 'ada', 'theirs')).status).toBe(403);
    expect((await creating(api, auditor, 'auditor', 'mine')).status).toBe(201);
    for (const [method, path, body] of [
      ['PUT', '', { description: '' }],
      ['POST', '/changevisibility', { visibility: 'public' }],
      ['DELETE', '', undefined],
    ] as const) {
      expect((await api.call(auditor, method, `/repository/ada/secret${path}`, body)).status).toBe(403);
    }
  });

  it('are created by restricted users in organizations only', async () => {
    await context().db.transaction((tx) =>
      createOrganization(tx, 'acme', { userId: ada.userId }, { kind: 'system', name: undefined }),
    );
    const standing = { ...STANDING, unrestrictedUsers: new Set(['someone-else']) };
    await using api = await startApi(context().db, { policy: { standing } });
    expect((await creating(api, ada, 'ada', 'mine')).status).toBe(403);
    expect((await creating(api, ada, 'acme', 'ours')).status).toBe(201);
    expect((await api.call(ada, 'GET', '/repository/ada/secret')).status).toBe(200);
  });
});
