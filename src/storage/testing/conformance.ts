import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StorageEngine } from '../ports.ts';
import { appendContent, contentOf, holds, listUploads, sha256Of, sha512Of } from './content.ts';
import { coded, type EngineUnderTest } from './engine-under-test.ts';
import { describeUploadModel } from './upload-model.ts';

const MIB = 1024 * 1024;

/** What every storage engine must do. Call it at the top of a test file with a way to make an empty engine. */
export function describeStorageEngine(name: string, make: () => Promise<EngineUnderTest>): void {
  describe(`${name}: storage engine`, () => {
    let subject: EngineUnderTest;
    let engine: StorageEngine;
    beforeEach(async () => {
      subject = await make();
      engine = subject.engine;
    });
    afterEach(() => subject.dispose());

    describeUploads(() => ({ subject, engine }));
    describeBlobs(() => engine);
  });
  describeUploadModel(name, make);
}

function describeUploads(current: () => { subject: EngineUnderTest; engine: StorageEngine }): void {
  it('stores an upload of one request under its sha256', async () => {
    const { engine } = current();
    const content = contentOf(70_000, 1);
    const id = randomUUID();
    expect(await appendContent(engine.uploads, id, 0, content)).toBe(70_000);
    const stored = await engine.uploads.finish(id, 70_000, sha256Of(content));
    expect(stored).toEqual({ sha256: sha256Of(content), sha512: undefined, sizeBytes: 70_000 });
    expect(await holds(engine, content)).toBe(true);
    expect(await listUploads(engine.uploads)).toEqual([]);
  });

  it('stores the empty blob', async () => {
    const { engine } = current();
    const id = randomUUID();
    expect(await appendContent(engine.uploads, id, 0, new Uint8Array())).toBe(0);
    const empty = sha256Of(new Uint8Array());
    await engine.uploads.finish(id, 0, empty);
    expect(await engine.blobs.stat(empty)).toBe(0);
  });

  it('joins several requests, durable or not', async () => {
    const { engine } = current();
    const content = contentOf(3 * MIB + 17, 2);
    const id = randomUUID();
    await appendContent(engine.uploads, id, 0, content.subarray(0, 5), { durable: true });
    await appendContent(engine.uploads, id, 5, content.subarray(5, 2 * MIB), { durable: true });
    expect(await listUploads(engine.uploads)).toEqual([id]);
    await appendContent(engine.uploads, id, 2 * MIB, content.subarray(2 * MIB));
    await engine.uploads.finish(id, content.byteLength, sha256Of(content));
    expect(await holds(engine, content)).toBe(true);
  });

  it('lets the caller reuse a chunk', async () => {
    const { engine } = current();
    const content = contentOf(5 * MIB, 3);
    const id = randomUUID();
    const sink = await engine.uploads.append(id, 0, 'sha256');
    // A Buffer, as bodies come in: its slice() does not copy.
    const chunk = Buffer.alloc(100_000);
    for (let at = 0; at < content.byteLength; at += chunk.byteLength) {
      const part = content.subarray(at, at + chunk.byteLength);
      chunk.set(part);
      const wait = sink.write(chunk.subarray(0, part.byteLength));
      if (wait !== undefined) await wait;
      chunk.fill(0);
    }
    expect(await sink.end({ durable: false })).toBe(content.byteLength);
    await engine.uploads.finish(id, content.byteLength, sha256Of(content));
    expect(await holds(engine, content)).toBe(true);
  });

  it.each([0, 40_000])('goes back to offset %i after an abort and continues there', async (offset) => {
    const { engine } = current();
    const content = contentOf(100_000, 4);
    const id = randomUUID();
    if (offset > 0) await appendContent(engine.uploads, id, 0, content.subarray(0, offset));
    const sink = await engine.uploads.append(id, offset, 'sha256');
    await sink.write(contentOf(2 * MIB, 5));
    await sink.abort();
    expect(await listUploads(engine.uploads)).toEqual(offset === 0 ? [] : [id]);
    await appendContent(engine.uploads, id, offset, content.subarray(offset));
    await engine.uploads.finish(id, 100_000, sha256Of(content));
    expect(await holds(engine, content)).toBe(true);
  });

  it.each([0, 10])('drops what was stored beyond offset %i when the upload is opened there', async (offset) => {
    const { engine } = current();
    const id = randomUUID();
    const first = contentOf(2 * MIB, 6);
    await appendContent(engine.uploads, id, 0, first);
    const second = contentOf(20, 7);
    expect(await appendContent(engine.uploads, id, offset, second)).toBe(offset + 20);
    const content = Buffer.concat([first.subarray(0, offset), second]);
    await engine.uploads.finish(id, content.byteLength, sha256Of(content));
    expect(await holds(engine, content)).toBe(true);
  });

  it('keeps the bytes of a wrong digest until they are discarded', async () => {
    const { engine } = current();
    const content = contentOf(1000, 8);
    const id = randomUUID();
    await appendContent(engine.uploads, id, 0, content);
    await expect(engine.uploads.finish(id, 1000, sha256Of(contentOf(1000, 9)))).rejects.toEqual(
      coded('DIGEST_INVALID'),
    );
    await expect(engine.uploads.finish(id, 1000, sha512Of(contentOf(1000, 9)))).rejects.toEqual(
      coded('DIGEST_INVALID'),
    );
    expect(await engine.blobs.stat(sha256Of(content))).toBeUndefined();
    expect(await listUploads(engine.uploads)).toEqual([id]);
    await engine.uploads.finish(id, 1000, sha256Of(content));
    expect(await engine.blobs.stat(sha256Of(content))).toBe(1000);
  });

  it('refuses an upload that has another size', async () => {
    const { engine } = current();
    const content = contentOf(1000, 10);
    const id = randomUUID();
    await appendContent(engine.uploads, id, 0, content);
    await expect(engine.uploads.finish(id, 999, sha256Of(content))).rejects.toEqual(coded('SIZE_INVALID'));
    await expect(engine.uploads.finish(id, 1001, sha256Of(content))).rejects.toEqual(coded('SIZE_INVALID'));
    await engine.uploads.discard(id);
    expect(await listUploads(engine.uploads)).toEqual([]);
    await expect(engine.uploads.finish(id, 1000, sha256Of(content))).rejects.toEqual(coded('BLOB_UPLOAD_UNKNOWN'));
  });

  it.each(['sha256', 'sha512'] as const)('finishes by sha512 when %s was announced', async (algorithm) => {
    const { engine } = current();
    const content = contentOf(3 * MIB, 11);
    const id = randomUUID();
    await appendContent(engine.uploads, id, 0, content, { algorithm });
    const stored = await engine.uploads.finish(id, content.byteLength, sha512Of(content));
    expect(stored).toEqual({ sha256: sha256Of(content), sha512: sha512Of(content), sizeBytes: content.byteLength });
    expect(await holds(engine, content)).toBe(true);
  });

  it('stores the same content twice', async () => {
    const { engine } = current();
    const content = contentOf(MIB, 12);
    const ids = [randomUUID(), randomUUID()];
    await Promise.all(ids.map((id) => appendContent(engine.uploads, id, 0, content)));
    await Promise.all(ids.map((id) => engine.uploads.finish(id, MIB, sha256Of(content))));
    expect(await holds(engine, content)).toBe(true);
    expect(await listUploads(engine.uploads)).toEqual([]);
  });

  it('writes many uploads side by side', async () => {
    const { engine } = current();
    const contents = Array.from({ length: 12 }, (_, index) => contentOf(MIB + index, 20 + index));
    await Promise.all(
      contents.map(async (content) => {
        const id = randomUUID();
        const sink = await engine.uploads.append(id, 0, 'sha256');
        for (let at = 0; at < content.byteLength; at += 60_000) await sink.write(content.subarray(at, at + 60_000));
        await sink.end({ durable: false });
        await engine.uploads.finish(id, content.byteLength, sha256Of(content));
      }),
    );
    for (const content of contents) expect(await holds(engine, content)).toBe(true);
  });

  it('continues many uploads side by side', async () => {
    const { engine } = current();
    const contents = Array.from({ length: 8 }, (_, index) => contentOf(40_000 + index, 50 + index));
    await Promise.all(
      contents.map(async (content) => {
        const id = randomUUID();
        for (let at = 0; at < content.byteLength; at += 9000) {
          await appendContent(engine.uploads, id, at, content.subarray(at, at + 9000));
        }
        await engine.uploads.finish(id, content.byteLength, sha256Of(content));
      }),
    );
    for (const content of contents) expect(await holds(engine, content)).toBe(true);
  });

  it('does not know an upload that is shorter, gone, or has no proper id', async () => {
    const { engine } = current();
    const unknown = coded('BLOB_UPLOAD_UNKNOWN');
    const id = randomUUID();
    await expect(engine.uploads.append(id, 1, 'sha256')).rejects.toEqual(unknown);
    await appendContent(engine.uploads, id, 0, contentOf(10, 1));
    await expect(engine.uploads.append(id, 11, 'sha256')).rejects.toEqual(unknown);
    for (const bad of ['', '..', '../x', 'a/b', id.toUpperCase(), `${id}/..`]) {
      await expect(engine.uploads.append(bad, 0, 'sha256')).rejects.toEqual(unknown);
      await expect(engine.uploads.finish(bad, 0, sha256Of(new Uint8Array()))).rejects.toEqual(unknown);
      await engine.uploads.discard(bad);
    }
    await engine.uploads.discard(randomUUID());
    expect(await listUploads(engine.uploads)).toEqual([id]);
  });

  it('continues and finishes an upload that another process began', async () => {
    const { subject, engine } = current();
    const other = subject.another?.();
    if (other === undefined) return;
    const content = contentOf(2 * MIB, 13);
    const id = randomUUID();
    await appendContent(engine.uploads, id, 0, content.subarray(0, MIB));
    await appendContent(other.uploads, id, MIB, content.subarray(MIB));
    await engine.uploads.finish(id, 2 * MIB, sha256Of(content));
    expect(await holds(other, content)).toBe(true);
    await other.close();
  });

  it('copies an upload out of the reach of those who still write to it', async () => {
    const { engine } = current();
    const [first, second, late] = [contentOf(60_000, 21), contentOf(5000, 22), contentOf(5000, 23)];
    const [id, forkId] = [randomUUID(), randomUUID()];
    await appendContent(engine.uploads, id, 0, first);
    const slow = await engine.uploads.append(id, 60_000, 'sha256');
    await slow.write(late.subarray(0, 1000));
    await engine.uploads.fork(id, forkId, 60_000);
    await appendContent(engine.uploads, forkId, 60_000, second);
    await slow.write(late.subarray(1000));
    await slow.end({ durable: true });
    const whole = Buffer.concat([first, second]);
    await engine.uploads.finish(forkId, whole.length, sha256Of(whole));
    expect(await holds(engine, whole)).toBe(true);
    const other = Buffer.concat([first, late]);
    await engine.uploads.finish(id, other.length, sha256Of(other));
    expect(await holds(engine, other)).toBe(true);
    for (const [from, size] of [
      [id, 0],
      [randomUUID(), 0],
    ] as const) {
      await expect(engine.uploads.fork(from, randomUUID(), size)).rejects.toMatchObject({
        code: 'BLOB_UPLOAD_UNKNOWN',
      });
    }
    expect(await listUploads(engine.uploads)).toEqual([]);
  });

  it('notices that another process has replaced the bytes it has summed', async () => {
    const { subject, engine } = current();
    const other = subject.another?.();
    if (other === undefined) return;
    const id = randomUUID();
    await appendContent(engine.uploads, id, 0, contentOf(5000, 14));
    await appendContent(other.uploads, id, 0, contentOf(5000, 15));
    const first = sha256Of(contentOf(5000, 14));
    await expect(engine.uploads.finish(id, 5000, first)).rejects.toEqual(coded('DIGEST_INVALID'));
    await engine.uploads.finish(id, 5000, sha256Of(contentOf(5000, 15)));
    await other.close();
  });
}

function describeBlobs(current: () => StorageEngine): void {
  async function store(content: Uint8Array): Promise<void> {
    const id = randomUUID();
    await appendContent(current().uploads, id, 0, content);
    await current().uploads.finish(id, content.byteLength, sha256Of(content));
  }

  it('reads at any position', async () => {
    const content = contentOf(10_000, 30);
    await store(content);
    const reader = await current().blobs.open(sha256Of(content));
    expect(reader?.sizeBytes).toBe(10_000);
    const target = new Uint8Array(4000);
    expect(await reader?.read(target, 0)).toBe(4000);
    expect(target).toEqual(content.subarray(0, 4000));
    expect(await reader?.read(target, 8000)).toBe(2000);
    expect(target.subarray(0, 2000)).toEqual(content.subarray(8000));
    expect(await reader?.read(target, 10_000)).toBe(0);
    expect(await reader?.read(target, 50_000)).toBe(0);
    await reader?.close();
  });

  it('removes a blob once', async () => {
    const content = contentOf(100, 31);
    await store(content);
    expect(await current().blobs.remove(sha256Of(content))).toBe(true);
    expect(await current().blobs.remove(sha256Of(content))).toBe(false);
    expect(await current().blobs.stat(sha256Of(content))).toBeUndefined();
    expect(await current().blobs.open(sha256Of(content))).toBeUndefined();
  });

  it('goes on reading a blob that is removed meanwhile', async () => {
    const content = contentOf(100, 32);
    await store(content);
    const reader = await current().blobs.open(sha256Of(content));
    await current().blobs.remove(sha256Of(content));
    const target = new Uint8Array(100);
    expect(await reader?.read(target, 0)).toBe(100);
    await reader?.close();
  });
}
