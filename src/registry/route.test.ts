import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRoute, type Route } from './route.ts';

const SHA256 = `sha256:${'a'.repeat(64)}`;
const SHA512 = `sha512:${'b'.repeat(128)}`;
const UPLOAD = '0189c4f1-7d4b-4c53-8a44-0c3f6a8f0b11';
const get = (path: string): Route => parseRoute('GET', path, 'library');

const component = fc.stringMatching(/^[a-z0-9]{1,4}(?:(?:[._]|__|-{1,2})[a-z0-9]{1,3}){0,2}$/);
const word = fc.constantFrom('blobs', 'manifests', 'tags', 'list', 'referrers', 'uploads', 'auth', 'v2', 'latest');
const name = fc.array(fc.oneof(component, word), { minLength: 2, maxLength: 6 }).map((parts) => parts.join('/'));

describe('parseRoute', () => {
  it('finds the entry points', () => {
    expect(get('/v2/')).toEqual({ kind: 'base' });
    expect(get('/v2')).toEqual({ kind: 'base' });
    expect(get('/v2/_catalog')).toEqual({ kind: 'catalog' });
    expect(parseRoute('POST', '/v2/auth', 'library')).toEqual({ kind: 'token' });
  });

  it('finds every resource below any repository name, also one made of the words of the API', () => {
    fc.assert(
      fc.property(name, (repository) => {
        const at = (rest: string, method = 'GET') => parseRoute(method, `/v2/${repository}/${rest}`, undefined);
        const address = { name: repository, requestedName: repository };
        expect(at('manifests/v1')).toEqual({ kind: 'manifest', tag: 'v1', digest: undefined, ...address });
        expect(at(`manifests/${SHA512}`)).toEqual({ kind: 'manifest', tag: undefined, digest: SHA512, ...address });
        expect(at(`blobs/${SHA256}`)).toEqual({ kind: 'blob', digest: SHA256, ...address });
        expect(at('blobs/uploads/', 'POST')).toEqual({ kind: 'uploads', ...address });
        expect(at('blobs/uploads', 'POST')).toEqual({ kind: 'uploads', ...address });
        expect(at(`blobs/uploads/${UPLOAD}`, 'PATCH')).toEqual({ kind: 'upload', uploadId: UPLOAD, ...address });
        expect(at('tags/list')).toEqual({ kind: 'tags', ...address });
        expect(at(`referrers/${SHA256}`)).toEqual({ kind: 'referrers', digest: SHA256, ...address });
      }),
    );
  });

  it('never throws, whatever the method and path', () => {
    const path = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.oneof(word, component, fc.constantFrom('%', '%2F', '%00', '%c3%28', '', '..', SHA256, UPLOAD)))
        .map((p) => `/v2/${p.join('/')}`),
    );
    fc.assert(
      fc.property(fc.string(), path, (method, text) => {
        expect(parseRoute(method, text, 'library').kind).toBeTypeOf('string');
      }),
      { numRuns: 500 },
    );
  });

  it('completes a name of one component with the library namespace, when there is one', () => {
    expect(get('/v2/busybox/tags/list')).toEqual({ kind: 'tags', name: 'library/busybox', requestedName: 'busybox' });
    expect(parseRoute('GET', '/v2/busybox/tags/list', undefined)).toMatchObject({ code: 'NAME_INVALID' });
  });

  it('undoes percent-encoding exactly once', () => {
    expect(get('/v2/a%2Fb/manifests/v%31')).toMatchObject({ kind: 'manifest', name: 'a/b', tag: 'v1' });
    expect(get(`/v2/a/b/blobs/${SHA256.replace(':', '%3A')}`)).toMatchObject({ kind: 'blob', digest: SHA256 });
    expect(get('/v2/a%252Fb/c/tags/list')).toMatchObject({ code: 'NAME_INVALID' });
    expect(get('/v2/a%00b/c/tags/list')).toMatchObject({ code: 'NAME_INVALID' });
    expect(get('/v2/a/b/manifests/%zz')).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('tells a missing method from a missing address', () => {
    expect(parseRoute('POST', '/v2/a/b/manifests/v1', undefined)).toMatchObject({
      code: 'UNSUPPORTED',
      allow: 'GET, HEAD, PUT, DELETE',
    });
    expect(parseRoute('GET', '/v2/a/b/blobs/uploads/', undefined)).toMatchObject({
      code: 'UNSUPPORTED',
      allow: 'POST',
    });
    expect(get('/v2/a/b/tags')).toMatchObject({ code: 'NOT_FOUND' });
    expect(get('/v2/a/b/tags/list/more')).toMatchObject({ code: 'NOT_FOUND' });
    expect(get('/v1/a')).toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each(['UPPER', '-a', 'a-', 'a___b', 'a..b', '.a', 'a$b', '', 'a/', '/a', 'x'.repeat(300)])(
    'refuses the name "a/%s"',
    (bad) => {
      expect(parseRoute('POST', `/v2/a/${bad}/blobs/uploads/`, undefined)).toMatchObject({ code: 'NAME_INVALID' });
    },
  );

  it('refuses references that are neither tag nor digest', () => {
    for (const bad of ['-leading', '.dot', 'a'.repeat(129), 'a%20b', 'a+b', '']) {
      expect(parseRoute('PUT', `/v2/a/b/manifests/${bad}`, undefined)).toMatchObject({ code: 'TAG_INVALID' });
      expect(get(`/v2/a/b/manifests/${bad}`)).toMatchObject({ code: 'MANIFEST_UNKNOWN' });
    }
    for (const bad of ['sha256:xyz', `sha256:${'g'.repeat(64)}`, `md5:${'a'.repeat(32)}`]) {
      expect(get(`/v2/a/b/manifests/${bad}`)).toMatchObject({ code: 'DIGEST_INVALID' });
      expect(get(`/v2/a/b/blobs/${bad}`)).toMatchObject({ code: 'DIGEST_INVALID' });
      expect(get(`/v2/a/b/referrers/${bad}`)).toMatchObject({ code: 'DIGEST_INVALID' });
    }
    expect(get('/v2/a/b/blobs/uploads/not-an-id')).toMatchObject({ code: 'BLOB_UPLOAD_UNKNOWN' });
  });
});
