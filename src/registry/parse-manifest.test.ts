import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { MEDIA_TYPES } from '../kernel/media-types.ts';
import { parseManifest } from './parse-manifest.ts';

const { ociManifest, ociIndex, dockerManifest, dockerSchema1Signed } = MEDIA_TYPES;
const digest = (fill: string): string => `sha256:${fill.repeat(64)}`;
const descriptor = (fill: string, mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip') => ({
  mediaType,
  digest: digest(fill),
  size: 3,
});
const config = descriptor('c', 'application/vnd.oci.image.config.v1+json');
const image = { schemaVersion: 2, mediaType: ociManifest, config, layers: [descriptor('a'), descriptor('b')] };
const parse = (document: unknown, contentType: string | undefined = ociManifest) =>
  parseManifest(Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)), contentType);

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}

describe('parseManifest', () => {
  it('reads an image manifest', () => {
    const subject = descriptor('5', ociManifest);
    expect(
      parse({ ...image, subject, annotations: { a: 'ü' }, 'x-own': { any: [1] } }, `${ociManifest}; charset=utf-8`),
    ).toEqual({
      mediaType: ociManifest,
      configMediaType: config.mediaType,
      artifactType: config.mediaType,
      subject: subject.digest,
      annotations: { a: 'ü' },
      blobs: [digest('c'), digest('a'), digest('b')],
      optionalBlobs: [],
      children: [],
      layersSizeBytes: 6,
    });
    expect(parse({ ...image, artifactType: 'application/x-thing' }).artifactType).toBe('application/x-thing');
    expect(parse({ ...image, layers: null, annotations: null }).blobs).toEqual([digest('c')]);
  });

  it('reads an index, whose own artifactType is the only one', () => {
    const entries = [
      descriptor('1', ociManifest),
      descriptor('2', ociIndex),
      descriptor('3', 'application/vnd.other+json'),
    ];
    const parsed = parse({ schemaVersion: 2, manifests: entries }, ociIndex);
    expect(parsed).toMatchObject({ mediaType: ociIndex, artifactType: undefined, blobs: [] });
    expect(parsed.children).toEqual(entries.map((entry) => entry.digest));
  });

  it('takes the entries of a build cache for blobs', () => {
    const entries = [descriptor('1'), descriptor('2', 'application/vnd.buildkit.cacheconfig.v0')];
    expect(parse({ schemaVersion: 2, manifests: entries }, ociIndex)).toMatchObject({
      blobs: [digest('1'), digest('2')],
      children: [],
    });
  });

  it('does not ask for undistributable layers', () => {
    const foreign = [
      descriptor('f', 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'),
      descriptor('f', 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd'),
    ];
    const parsed = parse({ ...image, layers: foreign });
    expect(parsed.blobs).toEqual([digest('c')]);
    expect(parsed.optionalBlobs).toEqual([digest('f'), digest('f')]);
    expect(parsed.layersSizeBytes).toBe(6);
  });

  it('sums up layers that claim any size to one that can be stored', () => {
    const huge = { ...descriptor('f', 'application/vnd.oci.image.layer.nondistributable.v1.tar'), size: 2 ** 53 - 1 };
    expect(parse({ ...image, layers: [huge, huge] }).layersSizeBytes).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('takes JSON of an unknown type as it is', () => {
    const type = 'application/vnd.example.thing.v1+json';
    expect(parse({ anything: descriptor('a') }, type)).toMatchObject({ mediaType: type, blobs: [], children: [] });
    expect(parse({ mediaType: type }, 'application/json').mediaType).toBe(type);
  });

  it('refuses schema 1 with a way out', () => {
    expect(() => parse({ schemaVersion: 1 }, 'application/json')).toThrow(/skopeo copy --format v2s2/);
    expect(codeOf(() => parse({}, dockerSchema1Signed))).toBe('MANIFEST_TYPE_UNSUPPORTED');
  });

  it.each(['text/html', 'application/zip', 'application/x-www-form-urlencoded'])('refuses the type %s', (type) => {
    expect(codeOf(() => parse({}, type))).toBe('MANIFEST_TYPE_UNSUPPORTED');
  });

  it.each([
    ['text that is no JSON', 'not json'],
    ['an empty body', ''],
    ['an empty object', '{}'],
    ['a list', '[]'],
    ['a config that is no descriptor', { ...image, config: 'x' }],
    ['another schema version', { ...image, schemaVersion: 3 }],
    ['a digest of an unknown algorithm', { ...image, layers: [{ ...descriptor('a'), digest: 'md5:00' }] }],
    ['a negative size', { ...image, layers: [{ ...descriptor('a'), size: -1 }] }],
    ['a size with a fraction', { ...image, layers: [{ ...descriptor('a'), size: 0.5 }] }],
    ['a descriptor without type', { ...image, config: { ...config, mediaType: '' } }],
    ['layers that are no list', { ...image, layers: {} }],
    ['annotations that are no texts', { ...image, annotations: { a: 1 } }],
    ['a subject that is no descriptor', { ...image, subject: 'sha256:0' }],
    ['an image that is also an index', { ...image, manifests: [descriptor('1', ociManifest)] }],
    ['a repeated key', `{"mediaType":"${ociIndex}",${JSON.stringify(image).slice(1)}`],
    ['a repeated key in disguise', `{"\\u006cayers":[],${JSON.stringify(image).slice(1)}`],
    ['a repeated key within', JSON.stringify(image).replace('"size":3', '"size":3,"size":4')],
    ['a second spelling of a field', { ...image, Layers: [] }],
    ['another spelling of a field', { ...image, config: { ...config, Digest: digest('a') } }],
    ['a spelling with another character', { ...image, 'layer\u017f': [descriptor('d')] }],
    ['more parts than can be read quickly', `{"a":[${'{},'.repeat(200_000)}0],${JSON.stringify(image).slice(1)}`],
    ['a document that nests too deep', `{"a":${'['.repeat(200)}${']'.repeat(200)},${JSON.stringify(image).slice(1)}`],
  ])('refuses %s', (_, document) => {
    expect(codeOf(() => parse(document))).toBe('MANIFEST_INVALID');
  });

  it('checks references whatever the case of the media type', () => {
    const mediaType = 'Application/vnd.OCI.image.manifest.v1+json';
    for (const type of [ociManifest, mediaType, 'application/json']) {
      expect(parse({ ...image, mediaType }, type)).toMatchObject({ mediaType: ociManifest, blobs: { length: 3 } });
    }
  });

  it('takes keys of annotations and of unknown fields as they are', () => {
    const annotations = JSON.parse('{"Digest":"a","digest":"b","__proto__":"c"}') as Record<string, string>;
    const parsed = parse({ ...image, annotations, 'x-own': { Layers: 1, layers: 2 } });
    expect(JSON.stringify(parsed.annotations)).toBe(JSON.stringify(annotations));
  });

  it('refuses bytes that are not UTF-8 and a byte order mark', () => {
    for (const prefix of [[0xff], [0xef, 0xbb, 0xbf]]) {
      const bytes = Buffer.concat([Buffer.from(prefix), Buffer.from(JSON.stringify(image))]);
      expect(codeOf(() => parseManifest(bytes, ociManifest))).toBe('MANIFEST_INVALID');
    }
  });

  it('refuses a type that contradicts the document, and a document without any', () => {
    expect(codeOf(() => parse(image, dockerManifest))).toBe('MANIFEST_INVALID');
    expect(codeOf(() => parse({ schemaVersion: 2, config, layers: [] }, ''))).toBe('MANIFEST_INVALID');
  });

  it('answers whatever it is given with a manifest or an error of the catalogue', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 3 }, fc.jsonValue({ maxDepth: 2 }), fc.constant(image), tie('object')),
      object: fc.dictionary(
        fc.constantFrom(
          'schemaVersion',
          'mediaType',
          'config',
          'layers',
          'manifests',
          'subject',
          'digest',
          'size',
          'annotations',
        ),
        tie('any'),
      ),
    })).any;
    const bytes = fc.oneof(
      value.map((v) => Buffer.from(JSON.stringify(v))),
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(300).map((n) => Buffer.from(JSON.stringify(image).slice(0, n))),
    );
    fc.assert(
      fc.property(
        bytes,
        fc.option(fc.oneof(fc.constantFrom(...Object.values(MEDIA_TYPES)), fc.string()), { nil: undefined }),
        (body, type) => {
          codeOf(() => parseManifest(body, type));
        },
      ),
      { numRuns: 500 },
    );
  });
});
