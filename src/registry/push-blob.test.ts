import { beforeAll, describe, expect, it, vi } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { digestOf, openRequest, pushBlob, startUpload } from '../../test/support/registry-content.ts';
import {
  createAccounts,
  PASSWORDS,
  startRegistry,
  type Answer,
  type TestRegistry,
} from '../../test/support/registry.ts';

const BYTES = Buffer.from('0123456789'.repeat(10));
const DIGEST = digestOf(BYTES);
const AUTHORIZATION = `Authorization: Basic ${btoa(`alice:${PASSWORDS.alice}`)}`;

describeOnBothDatabases('pushing blobs', (context) => {
  const start = (options: Partial<Parameters<typeof startRegistry>[0]> = {}): Promise<TestRegistry> =>
    startRegistry({ db: context().db, ...options });
  const patch = (registry: TestRegistry, upload: string, body: string | Uint8Array, range?: string): Promise<Answer> =>
    registry.send('PATCH', upload, {
      as: 'alice',
      body,
      ...(range === undefined ? {} : { headers: { 'content-range': range } }),
    });
  const finish = (
    registry: TestRegistry,
    upload: string,
    digest: string,
    body?: string | Uint8Array,
    range?: string,
  ): Promise<Answer> =>
    registry.send('PUT', `${upload}?digest=${digest}`, {
      as: 'alice',
      ...(body === undefined ? {} : { body }),
      ...(range === undefined ? {} : { headers: { 'content-range': range } }),
    });
  const status = (registry: TestRegistry, upload: string): Promise<Answer> =>
    registry.send('GET', upload, { as: 'alice' });
  const uploadsWithBytes = async (registry: TestRegistry): Promise<string[]> => {
    const ids: string[] = [];
    for await (const id of registry.storage.uploads.list()) ids.push(id);
    return ids;
  };

  /** A client that has begun to write to an upload, which the server shows by asking for the body, and sent this much of it. */
  const holdUpload = async (registry: TestRegistry, upload: string, body: string): Promise<{ cut(): void }> => {
    const lines = [`PATCH ${upload} HTTP/1.1`, AUTHORIZATION, 'Expect: 100-continue', 'Content-Length: 100'];
    const client = await openRequest(registry, lines, body);
    await vi.waitFor(() => expect(client.received()).toMatch(/^HTTP\/1\.1 100 Continue/));
    return client;
  };

  beforeAll(() => createAccounts(context().db));

  it('takes a blob in one request, in two, in chunks and as a stream', async () => {
    await using registry = await start();
    const expectStored = async (answer: Answer): Promise<void> => {
      expect(answer).toMatchObject({
        status: 201,
        headers: { location: `/v2/acme/app/blobs/${DIGEST}`, 'docker-content-digest': DIGEST },
      });
      const get = await registry.send('GET', answer.headers.location ?? '', { as: 'alice' });
      expect(get.body.equals(BYTES)).toBe(true);
    };
    await expectStored(
      await registry.send('POST', `/v2/acme/app/blobs/uploads/?digest=${DIGEST}`, { as: 'alice', body: BYTES }),
    );
    await expectStored(await finish(registry, await startUpload(registry, 'acme/app'), DIGEST, BYTES));

    const chunked = await startUpload(registry, 'acme/app');
    expect(await patch(registry, chunked, BYTES.subarray(0, 60), '0-59')).toMatchObject({
      status: 202,
      headers: { location: chunked, range: '0-59' },
    });
    await expectStored(await finish(registry, chunked, DIGEST, BYTES.subarray(60), '60-99'));

    const streamed = await startUpload(registry, 'acme/app');
    const stream = { as: 'alice', headers: { 'transfer-encoding': 'chunked' }, body: BYTES } as const;
    expect(await registry.send('PATCH', streamed, stream)).toMatchObject({ status: 202, headers: { range: '0-99' } });
    await expectStored(await finish(registry, streamed, DIGEST));
    expect(await uploadsWithBytes(registry)).toEqual([]);
  });

  it('names an upload by its id alone, relative to the host', async () => {
    await using registry = await start();
    const answer = await registry.send('POST', '/v2/acme/app/blobs/uploads/', { as: 'alice' });
    expect(answer.headers.location).toBe(`/v2/acme/app/blobs/uploads/${String(answer.headers['docker-upload-uuid'])}`);
    expect(answer.headers.range).toBe('0-0');
  });

  describe('a chunk', () => {
    it('that does not continue the upload is refused with its place, and the upload can go on', async () => {
      await using registry = await start();
      const upload = await startUpload(registry, 'acme/app');
      expect((await patch(registry, upload, BYTES.subarray(0, 50), '0-49')).status).toBe(202);
      for (const range of ['0-49', '49-98', '60-99']) {
        const refused = await patch(registry, upload, BYTES.subarray(50), range);
        expect(refused).toMatchObject({ status: 416, headers: { location: upload, range: '0-49' } });
        expect((await finish(registry, upload, DIGEST, BYTES.subarray(50), range)).status).toBe(416);
      }
      expect((await finish(registry, upload, DIGEST, BYTES.subarray(50), '50-99')).status).toBe(201);
    });

    it('of another length than announced is not stored', async () => {
      await using registry = await start();
      const upload = await startUpload(registry, 'acme/app');
      expect(await patch(registry, upload, BYTES, '0-49')).toMatchObject({ status: 400, codes: ['SIZE_INVALID'] });
      const unannounced = { 'content-range': '0-49', 'transfer-encoding': 'chunked' };
      const streamed = await registry.send('PATCH', upload, { as: 'alice', headers: unannounced, body: BYTES });
      expect(streamed).toMatchObject({ status: 400, codes: ['SIZE_INVALID'] });
      expect(await patch(registry, upload, BYTES, 'nonsense')).toMatchObject({
        status: 400,
        codes: ['BLOB_UPLOAD_INVALID'],
      });
      expect(await status(registry, upload)).toMatchObject({ status: 204, headers: { range: '0-0' } });
      expect((await finish(registry, upload, DIGEST, BYTES)).status).toBe(201);
    });

    it('that was cut off leaves what arrived, and the upload goes on from there', async () => {
      await using registry = await start();
      const upload = await startUpload(registry, 'acme/app');
      const client = await holdUpload(registry, upload, BYTES.subarray(0, 40).toString());
      client.cut();
      await vi.waitFor(async () => expect((await status(registry, upload)).headers.range).toBe('0-39'));
      expect((await finish(registry, upload, DIGEST, BYTES.subarray(40), '40-99')).status).toBe(201);
    });
  });

  it('lets one request at a time write to an upload', async () => {
    await using registry = await start();
    const upload = await startUpload(registry, 'acme/app');
    const client = await holdUpload(registry, upload, 'begun');
    expect((await patch(registry, upload, 'x', '7-7')).status).toBe(409);
    expect((await finish(registry, upload, DIGEST)).status).toBe(409);
    expect((await registry.send('DELETE', upload, { as: 'alice' })).status).toBe(409);
    client.cut();
  });

  it('asks a waiting client for the body once nothing stands against it', async () => {
    await using registry = await start();
    const upload = await startUpload(registry, 'acme/app');
    const expecting = 'Expect: 100-continue';
    const large = await openRequest(registry, [
      `PATCH ${upload} HTTP/1.1`,
      AUTHORIZATION,
      expecting,
      'Content-Length: 99999999999',
    ]);
    await vi.waitFor(() => expect(large.received()).toMatch(/^HTTP\/1\.1 413 /));
    const fine = await openRequest(registry, [
      `PATCH ${upload} HTTP/1.1`,
      AUTHORIZATION,
      expecting,
      'Content-Length: 100',
    ]);
    await vi.waitFor(() => expect(fine.received()).toMatch(/^HTTP\/1\.1 100 Continue/));
    for (const client of [large, fine]) client.cut();
  });

  it('stores nothing under a digest that is not its own, and forgets the upload', async () => {
    await using registry = await start();
    const wrong = digestOf('something else');
    const upload = await startUpload(registry, 'acme/app');
    expect(await finish(registry, upload, wrong, BYTES)).toMatchObject({ status: 400, codes: ['DIGEST_INVALID'] });
    expect(await status(registry, upload)).toMatchObject({ status: 404, codes: ['BLOB_UPLOAD_UNKNOWN'] });
    const single = await registry.send('POST', `/v2/acme/app/blobs/uploads/?digest=${wrong}`, {
      as: 'alice',
      body: BYTES,
    });
    expect(single).toMatchObject({ status: 400, codes: ['DIGEST_INVALID'] });
    expect((await registry.send('GET', `/v2/acme/app/blobs/${wrong}`, { as: 'alice' })).status).toBe(404);
    expect(await uploadsWithBytes(registry)).toEqual([]);
  });

  it.each(['', '?digest=sha256:xyz', '?digest=md5:0', '?digest='])(
    'cannot be finished with "%s" for a digest, but later',
    async (query) => {
      await using registry = await start();
      const upload = await startUpload(registry, 'acme/app');
      expect(await registry.send('PUT', upload + query, { as: 'alice', body: BYTES })).toMatchObject({
        status: 400,
        codes: ['DIGEST_INVALID'],
      });
      expect((await finish(registry, upload, DIGEST, BYTES)).status).toBe(201);
    },
  );

  it('knows an upload only in its repository, and only until it is cancelled or finished', async () => {
    await using registry = await start();
    await startUpload(registry, 'acme/other');
    const upload = await startUpload(registry, 'acme/app');
    expect(await status(registry, upload.replace('/app/', '/other/'))).toMatchObject({
      status: 404,
      codes: ['BLOB_UPLOAD_UNKNOWN'],
    });
    expect((await status(registry, upload.replace('/app/', '/never-made/'))).status).toBe(404);
    expect((await registry.send('GET', upload, { as: 'bob' })).status).toBe(403);
    expect((await registry.send('DELETE', upload, { as: 'alice' })).status).toBe(204);
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      const answer = await registry.send(method, `${upload}?digest=${DIGEST}`, { as: 'alice' });
      expect(answer).toMatchObject({ status: 404, codes: method === 'HEAD' ? [] : ['BLOB_UPLOAD_UNKNOWN'] });
    }
  });

  it('refuses more than MAXIMUM_LAYER_SIZE, announced or not', async () => {
    await using registry = await start({ settings: { maximumLayerSizeBytes: 99 } });
    const tooLarge = { status: 413, codes: ['SIZE_INVALID'] };
    const upload = await startUpload(registry, 'acme/app');
    expect(await patch(registry, upload, BYTES)).toMatchObject(tooLarge);
    expect(
      await registry.send('PATCH', upload, { as: 'alice', headers: { 'transfer-encoding': 'chunked' }, body: BYTES }),
    ).toMatchObject(tooLarge);
    expect((await patch(registry, upload, BYTES.subarray(0, 60))).status).toBe(202);
    expect(await finish(registry, upload, DIGEST, BYTES.subarray(60))).toMatchObject(tooLarge);
    expect(
      await registry.send('POST', `/v2/acme/app/blobs/uploads/?digest=${DIGEST}`, { as: 'alice', body: BYTES }),
    ).toMatchObject(tooLarge);
    expect(await uploadsWithBytes(registry)).toEqual([upload.split('/').at(-1)]);
  });

  it('knows a blob by its sha512 and its sha256', async () => {
    await using registry = await start();
    const digest = digestOf(BYTES, 'sha512');
    const upload = await startUpload(registry, 'acme/long', '?digest-algorithm=sha512');
    expect((await finish(registry, upload, digest, BYTES)).headers['docker-content-digest']).toBe(digest);
    for (const name of [digest, DIGEST]) {
      const head = await registry.send('HEAD', `/v2/acme/long/blobs/${name}`, { as: 'alice' });
      expect(head).toMatchObject({ status: 200, headers: { 'docker-content-digest': name, 'content-length': '100' } });
    }
    const unknown = await registry.send('POST', '/v2/acme/long/blobs/uploads/?digest-algorithm=md5', { as: 'alice' });
    expect(unknown).toMatchObject({ status: 400, codes: ['DIGEST_INVALID'] });
  });

  describe('a mount', () => {
    const mount = (registry: TestRegistry, query: string, as: 'alice' | 'bob' = 'alice') =>
      registry.send('POST', `/v2/${as === 'bob' ? 'bob' : 'acme'}/mounted/blobs/uploads/?${query}`, { as });

    it('makes a blob readable that the caller may read elsewhere', async () => {
      await using registry = await start();
      const digest = await pushBlob(registry, 'acme/source', 'a blob to mount');
      expect(await mount(registry, `mount=${digest}&from=acme/source`)).toMatchObject({
        status: 201,
        headers: { location: `/v2/acme/mounted/blobs/${digest}` },
      });
      expect((await registry.send('GET', `/v2/acme/mounted/blobs/${digest}`, { as: 'alice' })).body.toString()).toBe(
        'a blob to mount',
      );
      expect((await mount(registry, `mount=${digest}`)).status).toBe(201);
    });

    it('without a source finds the blob where the caller may read, and a token where it was issued for', async () => {
      await using registry = await start();
      const digest = await pushBlob(registry, 'acme/source', 'a blob to find');
      const mountAs = async (name: string, ...scopes: string[]): Promise<number> => {
        const authorization = await registry.bearer('alice', `repository:acme/${name}:pull,push`, ...scopes);
        const path = `/v2/acme/${name}/blobs/uploads/?mount=${digest}`;
        return (await registry.send('POST', path, { headers: { authorization } })).status;
      };
      expect(await mountAs('found-1')).toBe(202);
      expect(await mountAs('found-1', 'repository:acme/source:pull')).toBe(201);
      expect(
        (await registry.send('POST', `/v2/acme/found-2/blobs/uploads/?mount=${digest}`, { as: 'alice' })).status,
      ).toBe(201);
      expect((await mount(registry, `mount=${digest}`, 'bob')).status).toBe(202);
    });

    it('that cannot be granted becomes an upload, whatever the reason', async () => {
      await using registry = await start();
      const digest = await pushBlob(registry, 'acme/source', 'a secret blob');
      const authorization = await registry.bearer('alice', 'repository:acme/narrow:pull,push');
      const narrow = await registry.send('POST', `/v2/acme/narrow/blobs/uploads/?mount=${digest}&from=acme/source`, {
        headers: { authorization },
      });
      const answers = [
        narrow,
        await mount(registry, `mount=${digest}&from=acme/source`, 'bob'),
        await mount(registry, `mount=${digest}&from=acme/missing`),
        await mount(registry, `mount=${digest}&from=NO%20NAME`),
        await mount(registry, `mount=${digestOf('unknown')}&from=acme/source`),
      ];
      for (const answer of answers) {
        expect(answer.status).toBe(202);
        expect(answer.headers.location).toMatch(/\/blobs\/uploads\/[0-9a-f-]{36}$/);
      }
    });
  });

  describe('clean-up', () => {
    const runJobs = async (registry: TestRegistry): Promise<void> => {
      for (const job of registry.registry.jobs) await job.run(null, new AbortController().signal);
    };

    it('removes expired uploads, which are unknown from that moment on, and leaves the others', async () => {
      await using registry = await start({ settings: { uploadLifetimeMs: 0 } });
      const expired = await startUpload(registry, 'acme/app');
      await (
        await registry.storage.uploads.append(expired.split('/').at(-1) ?? '', 0, 'sha256')
      ).end({ durable: true });
      expect(await patch(registry, expired, BYTES)).toMatchObject({ status: 404, codes: ['BLOB_UPLOAD_UNKNOWN'] });
      await using other = await start({ storage: registry.storage });
      const alive = await startUpload(other, 'acme/app');
      await patch(other, alive, BYTES);
      await runJobs(registry);
      expect(await uploadsWithBytes(registry)).toEqual([alive.split('/').at(-1)]);
      expect((await finish(other, alive, DIGEST)).status).toBe(201);
    });

    it('removes bytes whose upload is gone', async () => {
      await using registry = await start();
      const sink = await registry.storage.uploads.append('0189c4f1-7d4b-4c53-8a44-0c3f6a8f0b11', 0, 'sha256');
      await sink.end({ durable: true });
      await runJobs(registry);
      expect(await uploadsWithBytes(registry)).toEqual([]);
    });
  });
});
