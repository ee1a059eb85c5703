import { beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { pushImage } from '../../test/support/registry-content.ts';
import { createAccounts, startRegistry } from '../../test/support/registry.ts';
import { STANDING } from '../../test/support/standing.ts';
import type { StandingRules } from '../identity/index.ts';

describeOnBothDatabases('superusers and restricted users in the registry', (context) => {
  const start = (rules: Partial<StandingRules>) =>
    startRegistry({ db: context().db, policy: { standing: { ...STANDING, ...rules } } });
  const bob = new Set(['bob']);

  beforeAll(async () => {
    await createAccounts(context().db);
    await using registry = await start({});
    await pushImage(registry, 'acme/secret', 'v1');
    await pushImage(registry, 'alice/own', 'v1');
  });

  /** What bob, who was granted nothing, may do with a repository of acme: by password, and by a token that he asked for first. */
  const tryAll = async (rules: Partial<StandingRules>) => {
    await using registry = await start(rules);
    const authorization = await registry.bearer('bob', 'repository:acme/secret:pull,push', 'registry:catalog:*');
    const both = async (method: string, path: string) => {
      const basic = await registry.send(method, path, { as: 'bob' });
      const bearer = await registry.send(method, path, { headers: { authorization } });
      return [basic.status, bearer.status];
    };
    const catalog = await registry.send('GET', '/v2/_catalog', { headers: { authorization } });
    return {
      pull: await both('GET', '/v2/acme/secret/manifests/v1'),
      push: await both('POST', '/v2/acme/secret/blobs/uploads/'),
      catalog: (JSON.parse(catalog.body.toString()) as { repositories: string[] }).repositories,
    };
  };
  const ALL = ['acme/secret', 'alice/own'];

  it('a superuser pulls and pushes everywhere with full access, and nowhere without', async () => {
    expect(await tryAll({ namedSuperusers: bob, fullAccess: true })).toEqual({
      pull: [200, 200],
      push: [202, 202],
      catalog: ALL,
    });
    expect(await tryAll({ namedSuperusers: bob })).toEqual({ pull: [404, 404], push: [403, 403], catalog: [] });
  });

  it('a read-only superuser pulls everything and sees all names, and pushes nothing', async () => {
    expect(await tryAll({ readOnlySuperusers: bob, namedSuperusers: bob, fullAccess: true })).toEqual({
      pull: [200, 200],
      push: [403, 403],
      catalog: ALL,
    });
    await using registry = await start({ readOnlySuperusers: bob });
    expect((await registry.send('POST', '/v2/bob/own/blobs/uploads/', { as: 'bob' })).status).toBe(202);
  });

  it('a right that the configuration has taken away is gone for tokens that were issued before', async () => {
    await using before = await start({ namedSuperusers: bob, fullAccess: true });
    const authorization = await before.bearer('bob', 'repository:acme/secret:pull,push');
    const pull = { headers: { authorization } };
    expect((await before.send('GET', '/v2/acme/secret/manifests/v1', pull)).status).toBe(200);
    await using after = await start({});
    expect((await after.send('GET', '/v2/acme/secret/manifests/v1', pull)).status).toBe(404);
  });

  it('a restricted user pushes to organizations, and is told why not into his own namespace', async () => {
    await using registry = await start({ unrestrictedUsers: bob });
    expect((await registry.send('POST', '/v2/acme/secret/blobs/uploads/', { as: 'alice' })).status).toBe(202);
    for (const name of ['alice/own', 'alice/new']) {
      const refused = await registry.send('POST', `/v2/${name}/blobs/uploads/`, { as: 'alice' });
      expect(refused).toMatchObject({ status: 403, codes: ['DENIED'] });
      expect(refused.body.toString()).toContain('restricted');
    }
    expect((await registry.send('GET', '/v2/alice/own/manifests/v1', { as: 'alice' })).status).toBe(200);
    expect((await registry.send('DELETE', '/v2/alice/own/manifests/v1', { as: 'alice' })).status).toBe(403);
    // Who is in the whitelist is left alone.
    expect((await registry.send('POST', '/v2/bob/new/blobs/uploads/', { as: 'bob' })).status).toBe(202);
  });
});
