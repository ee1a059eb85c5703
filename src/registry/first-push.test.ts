import { beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { digestOf, startUpload } from '../../test/support/registry-content.ts';
import { createAccounts, startRegistry, type TestRegistry } from '../../test/support/registry.ts';
import type { CatalogTables } from '../catalog/index.ts';
import type { IdentityTables } from '../identity/index.ts';
import type { StorageEngine } from '../storage/index.ts';
import { createMemoryStorage } from '../storage/testing/memory-storage.ts';

const BYTES = 'the first bytes';
const DIGEST = digestOf(BYTES);

describeOnBothDatabases('the first push to a repository', (context) => {
  beforeAll(() => createAccounts(context().db));

  const tags = async (registry: TestRegistry, name: string): Promise<number> =>
    (await registry.send('GET', `/v2/${name}/tags/list`, { as: 'alice' })).status;
  const deleteRepository = (name: string): Promise<void> =>
    context().db.transaction(async (tx) => {
      await tx
        .query<CatalogTables>()
        .updateTable('repository')
        .set({ deleted_at: 1 })
        .where('name', '=', name)
        .execute();
    });
  const setEnabled = (name: string, enabled: 0 | 1): Promise<void> =>
    context().db.transaction(async (tx) => {
      await tx.query<IdentityTables>().updateTable('namespace').set({ enabled }).where('name', '=', name).execute();
    });

  it('creates it, and a request that fails does not', async () => {
    await using registry = await start();
    const type = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
    const failing: [method: string, rest: string, body: string][] = [
      ['POST', `blobs/uploads/?digest=${DIGEST}`, 'other bytes'],
      ['POST', 'blobs/uploads/?digest=sha256:0', BYTES],
      ['POST', 'blobs/uploads/?digest-algorithm=md5', ''],
      ['PUT', 'manifests/v1', '{}'],
      ['PUT', 'manifests/v1', '{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:0","size":1}}'],
    ];
    for (const [method, rest, body] of failing) {
      const answer = await registry.send(method, `/v2/acme/fresh/${rest}`, { as: 'alice', body, headers: type });
      expect(answer.status).toBe(400);
      expect(await tags(registry, 'acme/fresh')).toBe(404);
    }
    await registry.bearer('alice', 'repository:acme/fresh:pull,push');
    expect(await tags(registry, 'acme/fresh')).toBe(404);
    const push = await registry.send('POST', `/v2/acme/fresh/blobs/uploads/?digest=${DIGEST}`, {
      as: 'alice',
      body: BYTES,
    });
    expect(push.status).toBe(201);
    expect(await tags(registry, 'acme/fresh')).toBe(200);
  });

  it('done by many at once creates one that all of them push to', async () => {
    await using registry = await start();
    const pushes = Array.from({ length: 10 }, (_, index) => {
      const body = `layer ${index}`;
      const path = `/v2/acme/raced/blobs/uploads/?digest=${digestOf(body)}`;
      return registry.send('POST', path, { as: 'alice', body });
    });
    expect(new Set((await Promise.all(pushes)).map((answer) => answer.status))).toEqual(new Set([201]));
    for (let index = 0; index < 10; index++) {
      const blob = `/v2/acme/raced/blobs/${digestOf(`layer ${index}`)}`;
      expect(await registry.send('HEAD', blob, { as: 'alice' })).toMatchObject({ status: 200 });
    }
  });

  it('is not finished in a repository that was deleted meanwhile, nor in its successor', async () => {
    await using registry = await start(() => deleteRepository('short-lived'));
    const upload = await startUpload(registry, 'acme/short-lived');
    const end = await registry.send('PUT', `${upload}?digest=${DIGEST}`, { as: 'alice', body: BYTES });
    expect(end).toMatchObject({ status: 404, codes: ['BLOB_UPLOAD_UNKNOWN'] });
    expect(await tags(registry, 'acme/short-lived')).toBe(404);
  });

  it('is not finished for whoever may not push any more', async () => {
    await using registry = await start(() => setEnabled('bob', 0));
    for (const query of ['', `?digest=${DIGEST}`]) {
      const begin = await registry.send('POST', `/v2/bob/app/blobs/uploads/${query}`, {
        as: 'bob',
        body: query && BYTES,
      });
      const upload = `${begin.headers.location}?digest=${DIGEST}`;
      const end = query === '' ? await registry.send('PUT', upload, { as: 'bob', body: BYTES }) : begin;
      await setEnabled('bob', 1);
      expect(end).toMatchObject({ status: 401, codes: ['UNAUTHORIZED'] });
      expect(await registry.send('HEAD', `/v2/bob/app/blobs/${DIGEST}`, { as: 'bob' })).toMatchObject({ status: 404 });
    }
  });

  /** A registry in which something happens between the last byte of an upload and its end. */
  function start(meanwhile?: () => Promise<void>): Promise<TestRegistry> {
    const memory = createMemoryStorage();
    const { uploads } = memory;
    const storage: StorageEngine = {
      ...memory,
      uploads: {
        ...uploads,
        async finish(...args) {
          const stored = await uploads.finish(...args);
          await meanwhile?.();
          return stored;
        },
      },
    };
    return startRegistry({ db: context().db, storage });
  }
});
