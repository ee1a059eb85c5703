import { beforeAll, describe, expect, it, vi } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { digestOf, pushBlob, pushImage, pushManifest, putManifest } from '../../test/support/registry-content.ts';
import { createAccounts, startRegistry, type TestRegistry } from '../../test/support/registry.ts';
import type { CatalogTables } from '../catalog/index.ts';
import { MEDIA_TYPES } from '../kernel/media-types.ts';
import { MANIFEST_BYTES_MAX } from './read-manifest-body.ts';

const { ociIndex, ociManifest } = MEDIA_TYPES;
const index = (manifests: readonly object[] = [], extra: object = {}) => ({
  schemaVersion: 2,
  mediaType: ociIndex,
  manifests,
  ...extra,
});

describeOnBothDatabases('pushing, listing and deleting manifests', (context) => {
  const start = (options: Partial<Parameters<typeof startRegistry>[0]> = {}): Promise<TestRegistry> =>
    startRegistry({ db: context().db, ...options });
  const json = async (registry: TestRegistry, path: string): Promise<unknown> =>
    JSON.parse((await registry.send('GET', path, { as: 'alice' })).body.toString());

  beforeAll(() => createAccounts(context().db));

  describe('a push', () => {
    it('by digest sets any number of tags and names them', async () => {
      await using registry = await start();
      const body = JSON.stringify(index([], { annotations: { a: 'tagged' } }));
      const answer = await putManifest(registry, 'acme/tagged', `${digestOf(body)}?tag=a&tag=b&tag=a`, body, ociIndex);
      expect(answer).toMatchObject({
        status: 201,
        headers: {
          location: `/v2/acme/tagged/manifests/${digestOf(body)}`,
          'docker-content-digest': digestOf(body),
          'oci-tag': 'a, b',
        },
      });
      expect(await json(registry, '/v2/acme/tagged/tags/list')).toEqual({ name: 'acme/tagged', tags: ['a', 'b'] });
      const many = Array.from({ length: 101 }, (_, number) => `tag=t${number}`).join('&');
      expect(await putManifest(registry, 'acme/tagged', `${digestOf(body)}?${many}`, body, ociIndex)).toMatchObject({
        status: 414,
        codes: ['TAG_INVALID'],
      });
      expect(await putManifest(registry, 'acme/tagged', `${digestOf(body)}?tag=-x`, body, ociIndex)).toMatchObject({
        status: 400,
        codes: ['TAG_INVALID'],
      });
    });

    it('under the digest of something else is refused', async () => {
      await using registry = await start();
      for (const digest of [digestOf('x'), digestOf('x', 'sha512')]) {
        expect(await putManifest(registry, 'acme/app', digest, JSON.stringify(index()), ociIndex)).toMatchObject({
          status: 400,
          codes: ['DIGEST_INVALID'],
        });
      }
    });

    it('of what is not complete is refused and says what is missing', async () => {
      await using registry = await start();
      const missing = { mediaType: ociManifest, digest: digestOf('missing'), size: 1 };
      const answer = await putManifest(registry, 'acme/app', 'v1', JSON.stringify(index([missing])), ociIndex);
      expect(answer).toMatchObject({ status: 400, codes: ['MANIFEST_BLOB_UNKNOWN'] });
      expect(answer.body.toString()).toContain(missing.digest);
    });

    it('larger than the limit is refused with an answer that can be read, announced or not', async () => {
      await using registry = await start();
      const body = JSON.stringify(index([], { annotations: { a: 'v'.repeat(MANIFEST_BYTES_MAX) } }));
      const headers = [{ 'content-type': ociIndex }, { 'content-type': ociIndex, 'transfer-encoding': 'chunked' }];
      for (const header of headers) {
        const answer = await registry.send('PUT', '/v2/acme/app/manifests/big', { as: 'alice', headers: header, body });
        expect(answer).toMatchObject({ status: 413, codes: ['MANIFEST_INVALID'] });
      }
    });

    it('of schema 1 is refused with a way out', async () => {
      await using registry = await start();
      const answer = await putManifest(
        registry,
        'acme/app',
        'old',
        '{"schemaVersion":1}',
        MEDIA_TYPES.dockerSchema1Signed,
      );
      expect(answer).toMatchObject({ status: 415, codes: ['MANIFEST_INVALID'] });
      expect(answer.body.toString()).toContain('skopeo copy --format v2s2');
    });

    it('of an unknown type is kept as it is', async () => {
      await using registry = await start();
      const type = 'application/vnd.example.thing.v1+json';
      expect((await putManifest(registry, 'acme/app', 'thing', '{ "any": 1 }', type)).status).toBe(201);
      const answer = await registry.send('GET', '/v2/acme/app/manifests/thing', { as: 'alice' });
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': type } });
      expect(answer.body.toString()).toBe('{ "any": 1 }');
    });
  });

  describe('referrers', () => {
    it('are listed page by page, filtered when asked, whether or not the subject exists', async () => {
      await using registry = await start();
      const subject = { mediaType: ociManifest, digest: digestOf('a subject to come'), size: 1 };
      const pushed: string[] = [];
      for (let number = 0; number < 5; number++) {
        const artifactType = number < 2 ? 'application/x.sbom' : 'application/x.signature';
        pushed.push(
          (
            await pushManifest(
              registry,
              'acme/ref',
              undefined,
              index([], { subject, artifactType, annotations: { n: `${number}` } }),
            )
          ).digest,
        );
      }
      const body = JSON.stringify(index([], { subject, annotations: { n: 'last' } }));
      const answer = await putManifest(registry, 'acme/ref', digestOf(body), body, ociIndex);
      expect(answer.headers['oci-subject']).toBe(subject.digest);

      const found: string[] = [];
      let path: string | undefined = `/v2/acme/ref/referrers/${subject.digest}?n=2`;
      for (let pages = 0; path !== undefined && pages < 10; pages++) {
        const page = await registry.send('GET', path, { as: 'alice' });
        expect(page).toMatchObject({ status: 200, headers: { 'content-type': ociIndex } });
        const { manifests } = JSON.parse(page.body.toString()) as { manifests: { digest: string }[] };
        found.push(...manifests.map((entry) => entry.digest));
        path = /<([^>]+)>; rel="next"/.exec(String(page.headers['link'] ?? ''))?.[1];
      }
      expect(found.toSorted()).toEqual([...pushed, digestOf(body)].toSorted());

      const filtered = await registry.send(
        'GET',
        `/v2/acme/ref/referrers/${subject.digest}?artifactType=application/x.sbom`,
        { as: 'alice' },
      );
      expect(filtered.headers['oci-filters-applied']).toBe('artifactType');
      expect(JSON.parse(filtered.body.toString())).toMatchObject({
        manifests: [{ artifactType: 'application/x.sbom' }, { artifactType: 'application/x.sbom' }],
      });
      expect(await json(registry, `/v2/acme/ref/referrers/${digestOf('nothing')}`)).toEqual(index());
    });

    it('never make an answer larger than clients read', async () => {
      await using registry = await start();
      const subject = { mediaType: ociManifest, digest: digestOf('a large subject'), size: 1 };
      for (let number = 0; number < 3; number++) {
        await pushManifest(
          registry,
          'acme/large',
          undefined,
          index([], { subject, annotations: { n: `${number}`, a: 'v'.repeat(2_000_000) } }),
        );
      }
      let path: string | undefined = `/v2/acme/large/referrers/${subject.digest}`;
      let found = 0;
      for (let pages = 0; path !== undefined && pages < 10; pages++) {
        const page = await registry.send('GET', path, { as: 'alice' });
        expect(page.body.length).toBeLessThanOrEqual(4 * 1024 * 1024);
        found += (JSON.parse(page.body.toString()) as { manifests: unknown[] }).manifests.length;
        path = /<([^>]+)>; rel="next"/.exec(String(page.headers['link'] ?? ''))?.[1];
      }
      expect(found).toBe(3);
    });

    it.each(['last=x', 'n=-1', 'artifactType=a%00'])('refuse %s', async (query) => {
      await using registry = await start();
      await pushManifest(registry, 'acme/ref', 'v1', index());
      expect(
        (await registry.send('GET', `/v2/acme/ref/referrers/${digestOf('x')}?${query}`, { as: 'alice' })).status,
      ).toBe(400);
    });
  });

  describe('lists', () => {
    it('of tags are sorted bytewise and go on where the client says', async () => {
      await using registry = await start();
      for (const tag of ['b', 'B', '_', '1.10', '1.9', 'a']) await pushManifest(registry, 'acme/list', tag, index());
      const tags = async (query: string) => {
        const answer = await registry.send('GET', `/v2/acme/list/tags/list${query}`, { as: 'alice' });
        return [(JSON.parse(answer.body.toString()) as { tags: string[] }).tags.join(' '), answer.headers['link']];
      };
      expect(await tags('')).toEqual(['1.10 1.9 B _ a b', undefined]);
      expect(await tags('?n=2')).toEqual(['1.10 1.9', '</v2/acme/list/tags/list?n=2&last=1.9>; rel="next"']);
      expect(await tags('?n=2&last=_')).toEqual(['a b', undefined]);
      expect(await tags('?n=0')).toEqual(['', undefined]);
      expect(await tags(`?n=${'9'.repeat(30)}&last=1`)).toEqual(['1.10 1.9 B _ a b', undefined]);
    });

    it('of repositories hold what the caller may read', async () => {
      await using registry = await start();
      await pushManifest(registry, 'acme/catalog', 'v1', index());
      const { repositories } = (await json(registry, '/v2/_catalog?n=1000')) as { repositories: string[] };
      expect(repositories).toContain('acme/catalog');
      expect(repositories).toEqual(repositories.toSorted());
      const first = await registry.send('GET', '/v2/_catalog?n=1', { as: 'alice' });
      expect(first.headers['link']).toBe(
        `</v2/_catalog?n=1&last=${encodeURIComponent(repositories[0] ?? '')}>; rel="next"`,
      );
      const bobs = await registry.send('GET', '/v2/_catalog', { as: 'bob' });
      expect(bobs.body.toString()).not.toContain('acme/catalog');
    });

    it('answer docker search', async () => {
      await using registry = await start();
      await pushManifest(registry, 'acme/findable', 'v1', index());
      expect(await json(registry, '/v1/search?q=findab&n=10')).toMatchObject({
        num_results: 1,
        query: 'findab',
        results: [{ name: 'acme/findable', is_official: false, is_automated: false, star_count: 0 }],
      });
      const anonymous = () => registry.send('GET', '/v1/search?q=findab');
      expect(await anonymous()).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Basic realm="registry"' },
      });
      await context().db.transaction(async (tx) => {
        const repositories = tx.query<CatalogTables>().updateTable('repository').set({ visibility: 'public' });
        await repositories.where('name', '=', 'findable').execute();
      });
      await vi.waitFor(async () => expect(await anonymous()).toMatchObject({ status: 200 }));
      expect((await registry.send('GET', '/v1/_ping')).body.toString()).toBe('true');
      expect((await registry.send('POST', '/v1/search')).headers['allow']).toBe('GET, HEAD');
      expect((await registry.send('GET', '/v1/users')).status).toBe(404);
    });
  });

  it('deletes a tag, a manifest with its tags, and a blob that nothing uses', async () => {
    await using registry = await start();
    const remove = (rest: string) => registry.send('DELETE', `/v2/acme/gone/${rest}`, { as: 'alice' });
    const image = await pushImage(registry, 'acme/gone', 'v1');
    await pushImage(registry, 'acme/gone', 'v2');
    expect((await remove('manifests/v1')).status).toBe(202);
    expect(await remove('manifests/v1')).toMatchObject({ status: 404, codes: ['MANIFEST_UNKNOWN'] });
    expect(await remove(`blobs/${digestOf('{}')}`)).toMatchObject({ status: 405, codes: ['UNSUPPORTED'] });
    expect((await remove(`manifests/${image.digest}`)).status).toBe(202);
    expect(await json(registry, '/v2/acme/gone/tags/list')).toEqual({ name: 'acme/gone', tags: [] });
    const blob = await pushBlob(registry, 'acme/gone', 'unused');
    expect((await remove(`blobs/${blob}`)).status).toBe(202);
    expect(await remove(`blobs/${blob}`)).toMatchObject({ status: 404, codes: ['BLOB_UNKNOWN'] });
  });
});
