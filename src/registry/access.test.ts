import { beforeAll, describe, expect, it, vi } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { openRequest, pushImage, startUpload } from '../../test/support/registry-content.ts';
import { createAccounts, startRegistry, type TestRegistry } from '../../test/support/registry.ts';
import type { CatalogTables } from '../catalog/index.ts';
import type { Database } from '../platform/db/index.ts';

async function setVisibility(db: Database, name: string, visibility: 'public' | 'private'): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query<CatalogTables>().updateTable('repository').set({ visibility }).where('name', '=', name).execute();
  });
}

describeOnBothDatabases('who may do what in the registry', (context) => {
  const start = (options: Partial<Parameters<typeof startRegistry>[0]> = {}): Promise<TestRegistry> =>
    startRegistry({ db: context().db, ...options });

  beforeAll(async () => {
    await createAccounts(context().db);
    await using registry = await start();
    for (const name of ['secret', 'open']) await pushImage(registry, `acme/${name}`, 'v1');
    await setVisibility(context().db, 'open', 'public');
  });

  describe('the challenge', () => {
    it('sends the client to the token endpoint of the host it used', async () => {
      await using registry = await start();
      const answer = await registry.send('GET', '/v2/', { headers: { host: 'my.registry:5000' } });
      expect(answer).toMatchObject({ status: 401, codes: ['UNAUTHORIZED'] });
      expect(answer.headers['www-authenticate']).toBe(
        'Bearer realm="http://my.registry:5000/v2/auth",service="my.registry:5000"',
      );
    });

    it('names the configured host, and never a host that is no host', async () => {
      await using configured = await start({
        http: { publicHosts: ['quay.test', 'other.test:8443'], publicHttps: true },
      });
      const answer = await configured.send('GET', '/v2/');
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="https://quay.test/v2/auth",service="quay.test"');
      const second = await configured.send('GET', '/v2/', { headers: { host: 'OTHER.test:8443' } });
      expect(second.headers['www-authenticate']).toBe(
        'Bearer realm="https://other.test:8443/v2/auth",service="other.test:8443"',
      );
      await using registry = await start();
      const odd = await registry.send('GET', '/v2/', { headers: { host: 'a",error="x' } });
      expect(odd.headers['www-authenticate'] ?? '').not.toContain('error="x');
    });

    it('asks for what the request needs', async () => {
      await using registry = await start();
      const scope = async (method: string, path: string) =>
        /scope="([^"]*)"/.exec((await registry.send(method, path)).headers['www-authenticate'] ?? '')?.[1];
      expect(await scope('GET', '/v2/acme/secret/manifests/v1')).toBe('repository:acme/secret:pull');
      expect(await scope('POST', '/v2/busybox/blobs/uploads/')).toBe('repository:busybox:pull,push');
      expect(await scope('DELETE', '/v2/acme/secret/manifests/v1')).toBe('repository:acme/secret:pull,push');
      expect(await scope('GET', '/v2/_catalog')).toBe('registry:catalog:*');
      expect(await scope('POST', '/v2/acme/b/blobs/uploads/?mount=sha256:0&from=acme/secret')).toBe(
        'repository:acme/b:pull,push repository:acme/secret:pull',
      );
      expect(await scope('POST', '/v2/acme/b/blobs/uploads/?from=%22,error=%22x')).toBe('repository:acme/b:pull,push');
    });
  });

  describe('credentials', () => {
    it('are accepted as Basic and as Bearer', async () => {
      await using registry = await start();
      const authorization = await registry.bearer('alice');
      expect((await registry.send('GET', '/v2/', { as: 'alice' })).status).toBe(200);
      expect((await registry.send('GET', '/v2/', { headers: { authorization } })).status).toBe(200);
      expect((await registry.send('HEAD', '/v2/', { as: 'alice' })).status).toBe(200);
    });

    it.each([
      'Basic !!!',
      `Basic ${btoa('alice:wrong')}`,
      `Basic ${btoa('alice')}`,
      'Bearer abc',
      'Bearer ',
      'Digest x',
      '',
    ])('are refused when they are "%s"', async (authorization) => {
      await using registry = await start();
      const answer = await registry.send('GET', '/v2/acme/open/manifests/v1', { headers: { authorization } });
      expect(answer).toMatchObject({ status: 401, codes: ['UNAUTHORIZED'] });
      expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
    });

    it('stop working with the account', async () => {
      await using registry = await start();
      const authorization = await registry.bearer('bob', 'repository:acme/open:pull', 'registry:catalog:*');
      const enabled = (value: 0 | 1) =>
        context().db.transaction(async (tx) => {
          await tx
            .query<{ namespace: { name: string; enabled: number } }>()
            .updateTable('namespace')
            .set({ enabled: value })
            .where('name', '=', 'bob')
            .execute();
        });
      await enabled(0);
      try {
        await vi.waitFor(async () => {
          for (const path of ['/v2/', '/v2/_catalog', '/v1/search?q=a', '/v2/acme/open/manifests/v1']) {
            expect(await registry.send('GET', path, { headers: { authorization } })).toMatchObject({ status: 401 });
          }
        });
      } finally {
        await enabled(1);
      }
    });
  });

  it('the catalog is listed by a token that was issued for it', async () => {
    await using registry = await start({ policy: { publicCatalog: true } });
    const list = async (authorization: string) => registry.send('GET', '/v2/_catalog', { headers: { authorization } });
    const refused = await list(await registry.bearer('alice', 'repository:acme/secret:pull'));
    expect(refused).toMatchObject({ status: 401, codes: ['UNAUTHORIZED'] });
    expect(refused.headers['www-authenticate']).toContain('scope="registry:catalog:*",error="insufficient_scope"');
    const own = await list(await registry.bearer('alice', 'registry:catalog:*'));
    expect(own.body.toString()).toBe('{"repositories":["acme/open","acme/secret"]}');
    const everyones = await list(await registry.bearer(undefined, 'registry:catalog:*'));
    expect(everyones.body.toString()).toBe('{"repositories":["acme/open"]}');
  });

  describe('repositories', () => {
    it('a private one looks the same as a missing one', async () => {
      await using registry = await start();
      for (const name of ['acme/secret', 'acme/missing', 'nobody/at-all']) {
        for (const rest of [
          'manifests/v1',
          'tags/list',
          `blobs/sha256:${'0'.repeat(64)}`,
          `referrers/sha256:${'0'.repeat(64)}`,
        ]) {
          const path = `/v2/${name}/${rest}`;
          expect(await registry.send('GET', path)).toMatchObject({ status: 401, codes: ['UNAUTHORIZED'] });
          expect(await registry.send('GET', path, { as: 'bob' })).toMatchObject({
            status: 404,
            codes: ['NAME_UNKNOWN'],
          });
        }
        expect(await registry.send('POST', `/v2/${name}/blobs/uploads/`, { as: 'bob' })).toMatchObject({
          status: 403,
          codes: ['DENIED'],
        });
      }
    });

    it('a public one is readable by all, unless anonymous access is off', async () => {
      await using registry = await start();
      const path = '/v2/acme/open/manifests/v1';
      const authorization = await registry.bearer(undefined, 'repository:acme/open:pull');
      expect((await registry.send('GET', path)).status).toBe(200);
      expect((await registry.send('GET', path, { headers: { authorization } })).status).toBe(200);
      await using closed = await start({ policy: { anonymousAccess: false } });
      expect((await closed.send('GET', path)).status).toBe(401);
      expect((await closed.send('GET', path, { as: 'bob' })).status).toBe(200);
    });

    it('a token allows no more than it was issued for', async () => {
      await using registry = await start();
      const authorization = await registry.bearer('alice', 'repository:acme/secret:pull');
      expect((await registry.send('GET', '/v2/acme/secret/tags/list', { headers: { authorization } })).status).toBe(
        200,
      );
      const push = await registry.send('POST', '/v2/acme/secret/blobs/uploads/', { headers: { authorization } });
      expect(push).toMatchObject({ status: 401, codes: ['UNAUTHORIZED'] });
      expect(push.headers['www-authenticate']).toMatch(
        /scope="repository:acme\/secret:pull,push",error="insufficient_scope"/,
      );
      expect((await registry.send('GET', '/v2/acme/open/tags/list', { headers: { authorization } })).status).toBe(401);
    });

    it('a token ends with the grant behind it', async () => {
      await using registry = await start();
      await setVisibility(context().db, 'secret', 'public');
      const authorization = await registry.bearer('bob', 'repository:acme/secret:pull');
      const get = () => registry.send('GET', '/v2/acme/secret/tags/list', { headers: { authorization } });
      expect((await get()).status).toBe(200);
      await setVisibility(context().db, 'secret', 'private');
      await vi.waitFor(async () => expect(await get()).toMatchObject({ status: 404, codes: ['NAME_UNKNOWN'] }));
    });

    it('one is made by the first upload, never by a token', async () => {
      await using registry = await start();
      await registry.bearer('alice', 'repository:acme/fresh:pull,push');
      expect(await registry.send('GET', '/v2/acme/fresh/tags/list', { as: 'alice' })).toMatchObject({
        status: 404,
        codes: ['NAME_UNKNOWN'],
      });
      await startUpload(registry, 'acme/fresh');
      expect((await registry.send('GET', '/v2/acme/fresh/tags/list', { as: 'alice' })).status).toBe(200);
      expect((await registry.send('GET', '/v2/acme/fresh/tags/list')).status).toBe(401);
    });

    it('one component means the library namespace', async () => {
      await using registry = await start();
      await pushImage(registry, 'busybox', 'latest');
      expect((await registry.send('GET', '/v2/library/busybox/manifests/latest', { as: 'alice' })).status).toBe(200);
      const authorization = await registry.bearer('alice', 'repository:busybox:pull');
      const list = await registry.send('GET', '/v2/busybox/tags/list', { headers: { authorization } });
      expect(JSON.parse(list.body.toString())).toEqual({ name: 'busybox', tags: ['latest'] });
      await using without = await start({ settings: { libraryNamespace: undefined } });
      expect(await without.send('GET', '/v2/busybox/tags/list', { as: 'alice' })).toMatchObject({
        codes: ['NAME_INVALID'],
      });
    });
  });

  it('in read-only mode nothing can be changed', async () => {
    await using registry = await start({ settings: { readOnly: true } });
    for (const [method, path] of [
      ['POST', 'blobs/uploads/'],
      ['PUT', 'manifests/v1'],
      ['DELETE', 'manifests/v1'],
    ]) {
      const answer = await registry.send(method ?? '', `/v2/acme/secret/${path}`, { as: 'alice' });
      expect(answer).toMatchObject({ status: 405, codes: ['DENIED'] });
    }
    expect((await registry.send('GET', '/v2/acme/secret/manifests/v1', { as: 'alice' })).status).toBe(200);
    expect(await registry.bearer('alice')).toContain('Bearer ');
  });

  it('a refused push is not asked for its body', async () => {
    await using registry = await start();
    const upload = await startUpload(registry, 'acme/app');
    for (const target of [`PATCH ${upload}`, 'PUT /v2/acme/secret/manifests/v2', 'POST /v2/acme/app/blobs/uploads/']) {
      const client = await openRequest(registry, [
        `${target} HTTP/1.1`,
        'Content-Length: 1000',
        'Expect: 100-continue',
      ]);
      await vi.waitFor(() => expect(client.received()).toMatch(/^HTTP\/1\.1 401 /));
      client.cut();
    }
  });
});
