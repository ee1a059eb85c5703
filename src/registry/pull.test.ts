import { beforeAll, describe, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { digestOf, pushBlob, pushImage, pushManifest } from '../../test/support/registry-content.ts';
import { createAccounts, startRegistry, type Answer, type TestRegistry } from '../../test/support/registry.ts';
import type { AuditTables } from '../audit/index.ts';
import { parseDigest } from '../kernel/digest.ts';
import { MEDIA_TYPES } from '../kernel/media-types.ts';
import type { StorageTables } from '../storage/index.ts';

const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
const DIGEST = digestOf(BYTES);

describeOnBothDatabases('pulling', (context) => {
  const start = (options: Partial<Parameters<typeof startRegistry>[0]> = {}): Promise<TestRegistry> =>
    startRegistry({ db: context().db, ...options });
  const get = (
    registry: TestRegistry,
    rest: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<Answer> => registry.send(method, `/v2/acme/app/${rest}`, { as: 'alice', headers });

  beforeAll(() => createAccounts(context().db));

  describe('a manifest', () => {
    it('is answered by tag and by digest as it was pushed, whatever the client accepts', async () => {
      await using registry = await start();
      const image = await pushImage(registry, 'acme/app', 'v1');
      for (const accept of ['*/*', 'application/json', MEDIA_TYPES.dockerManifest]) {
        for (const reference of ['v1', image.digest]) {
          const answer = await get(registry, `manifests/${reference}`, { accept });
          expect(answer).toMatchObject({
            status: 200,
            headers: {
              'content-type': MEDIA_TYPES.ociManifest,
              'docker-content-digest': image.digest,
              etag: `"${image.digest}"`,
            },
          });
          expect(answer.body.toString()).toBe(image.body);
        }
      }
    });

    it('is answered by sha512 with that digest', async () => {
      await using registry = await start();
      const image = await pushImage(registry, 'acme/app', 'v1');
      const digest = digestOf(image.body, 'sha512');
      expect((await get(registry, `manifests/${digest}`)).status).toBe(404);
      await pushManifestAs(registry, digest, image.body);
      const answer = await get(registry, `manifests/${digest}`);
      expect(answer).toMatchObject({ status: 200, headers: { 'docker-content-digest': digest, etag: `"${digest}"` } });
      expect((await get(registry, 'manifests/v1')).headers['docker-content-digest']).toBe(image.digest);
    });

    it('may be kept for ever by digest, and must be asked for again by tag', async () => {
      await using registry = await start();
      const image = await pushImage(registry, 'acme/app', 'v1');
      expect((await get(registry, `manifests/${image.digest}`)).headers['cache-control']).toContain('immutable');
      expect((await get(registry, 'manifests/v1')).headers['cache-control']).toBe('private, no-cache');
      for (const known of [`"${image.digest}"`, `W/"${image.digest}"`, `"x", "${image.digest}"`, '*']) {
        const answer = await get(registry, 'manifests/v1', { 'if-none-match': known });
        expect(answer).toMatchObject({ status: 304, headers: { etag: `"${image.digest}"` } });
        expect(answer.body.length).toBe(0);
      }
      expect((await get(registry, 'manifests/v1', { 'if-none-match': '"other"' })).status).toBe(200);
    });

    it('that is not there is 404 with its reason', async () => {
      await using registry = await start();
      for (const reference of ['none', digestOf('none'), '-odd']) {
        expect(await get(registry, `manifests/${reference}`)).toMatchObject({
          status: 404,
          codes: ['MANIFEST_UNKNOWN'],
        });
      }
    });

    it('is recorded when it is pulled, not when it is looked at', async () => {
      const registry = await start();
      const image = await pushImage(registry, 'acme/recorded', 'v1');
      await registry.send('HEAD', '/v2/acme/recorded/manifests/v1', { as: 'alice' });
      await registry.send('GET', '/v2/acme/recorded/manifests/v1', { as: 'alice' });
      await registry[Symbol.asyncDispose]();
      const rows = await context()
        .db.read<AuditTables>()
        .selectFrom('audit_log')
        .select(['kind', 'actor_name', 'metadata'])
        .where('metadata', 'like', '%acme/recorded%')
        .where('kind', 'in', ['pull_repo', 'push_repo'])
        .orderBy('kind')
        .execute();
      expect(rows).toMatchObject([
        { kind: 'pull_repo', actor_name: 'alice' },
        { kind: 'push_repo', actor_name: 'alice' },
      ]);
      expect(JSON.parse(rows[0]?.metadata ?? '')).toMatchObject({ tag: 'v1', manifest_digest: image.digest });
    });
  });

  describe('a blob', () => {
    it('is answered whole, in a range, in several ranges', async () => {
      await using registry = await start();
      await pushBlob(registry, 'acme/app', BYTES);
      const range = (text: string, more: Record<string, string> = {}) =>
        get(registry, `blobs/${DIGEST}`, { range: text, ...more });
      const whole = await get(registry, `blobs/${DIGEST}`);
      expect(whole).toMatchObject({
        status: 200,
        headers: { 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' },
      });
      expect(whole.body.equals(BYTES)).toBe(true);
      const one = await range('bytes=10-19');
      expect(one).toMatchObject({
        status: 206,
        headers: { 'content-range': 'bytes 10-19/1000', 'content-length': '10' },
      });
      expect(one.body.equals(BYTES.subarray(10, 20))).toBe(true);
      expect(partsOf(await range('bytes=0-4,990-,500-509'))).toEqual([
        ['bytes 0-4/1000', BYTES.subarray(0, 5)],
        ['bytes 990-999/1000', BYTES.subarray(990)],
        ['bytes 500-509/1000', BYTES.subarray(500, 510)],
      ]);
      expect(await range('bytes=1000-')).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */1000' } });
      expect((await range('bytes=9-1')).status).toBe(200);
    });

    it('is answered in a range only while it is the one the client began with', async () => {
      await using registry = await start();
      await pushBlob(registry, 'acme/app', BYTES);
      const ranged = async (condition: string): Promise<number> =>
        (await get(registry, `blobs/${DIGEST}`, { range: 'bytes=0-1', 'if-range': condition })).status;
      expect(await ranged(`"${DIGEST}"`)).toBe(206);
      expect(await ranged('"other"')).toBe(200);
      expect(await ranged(`W/"${DIGEST}"`)).toBe(200);
      expect(await ranged('Wed, 21 Oct 2026 07:28:00 GMT')).toBe(200);
      expect((await get(registry, `blobs/${DIGEST}`, { 'if-none-match': `"${DIGEST}"` })).status).toBe(304);
    });

    it('has the same headers for HEAD as for GET', async () => {
      await using registry = await start();
      await pushBlob(registry, 'acme/app', BYTES);
      const [head, answer] = [
        await get(registry, `blobs/${DIGEST}`, {}, 'HEAD'),
        await get(registry, `blobs/${DIGEST}`),
      ];
      for (const name of [
        'content-type',
        'content-length',
        'docker-content-digest',
        'etag',
        'accept-ranges',
        'cache-control',
      ]) {
        expect(head.headers[name]).toBe(answer.headers[name]);
      }
      expect(head.body.length).toBe(0);
    });

    it('of nothing can be pulled', async () => {
      await using registry = await start();
      const digest = await pushBlob(registry, 'acme/app', '');
      expect(await get(registry, `blobs/${digest}`)).toMatchObject({ status: 200, headers: { 'content-length': '0' } });
      expect((await get(registry, `blobs/${digest}`, { range: 'bytes=0-' })).status).toBe(416);
    });

    it('is promised to a pusher who was told that it is there, and to nobody else', async () => {
      await using registry = await start();
      const digest = await pushBlob(registry, 'acme/app', 'a promised blob');
      const reader = await registry.bearer('alice', 'repository:acme/app:pull');
      const expires = async (): Promise<number> => (await leaseOf(digest)).expires_at;
      const { blob_id: blobId } = await leaseOf(digest);
      await context().db.transaction(async (tx) => {
        const soon = (await tx.now()) + 60_000;
        await tx
          .query<StorageTables>()
          .updateTable('lease')
          .set({ expires_at: soon })
          .where('blob_id', '=', blobId)
          .execute();
      });
      const before = await expires();
      await registry.send('HEAD', `/v2/acme/app/blobs/${digest}`, { headers: { authorization: reader } });
      expect(await expires()).toBe(before);
      await get(registry, `blobs/${digest}`, {}, 'HEAD');
      expect(await expires()).toBeGreaterThan(before + 600_000);
    });

    it('whose bytes are missing is an error of the server, not an empty answer', async () => {
      await using registry = await start();
      const digest = await pushBlob(registry, 'acme/app', 'soon gone');
      await registry.storage.blobs.remove(parseDigest(digest) ?? expect.unreachable());
      expect((await get(registry, `blobs/${digest}`)).status).toBe(503);
    });
  });

  async function leaseOf(digest: string): Promise<{ blob_id: number; expires_at: number }> {
    return context()
      .db.read<StorageTables>()
      .selectFrom('lease')
      .innerJoin('blob', 'blob.id', 'lease.blob_id')
      .select(['lease.blob_id', 'lease.expires_at'])
      .where('blob.sha256', '=', digest)
      .executeTakeFirstOrThrow();
  }
});

async function pushManifestAs(registry: TestRegistry, reference: string, body: string): Promise<void> {
  await pushManifest(registry, 'acme/app', reference, JSON.parse(body) as { mediaType: string });
}

/** The parts of a `multipart/byteranges` body. */
function partsOf(answer: Answer): [string | undefined, Buffer][] {
  expect(answer.status).toBe(206);
  const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(answer.headers['content-type'] ?? '')?.[1] ?? '';
  const text = answer.body.toString('latin1');
  const parts = text.split(`\r\n--${boundary}`);
  expect(parts[0]).toBe('');
  expect(parts.at(-1)).toBe('--\r\n');
  return parts.slice(1, -1).map((part) => {
    const [head = '', ...content] = part.split('\r\n\r\n');
    return [/Content-Range: (.*)/.exec(head)?.[1], Buffer.from(content.join('\r\n\r\n'), 'latin1')];
  });
}
