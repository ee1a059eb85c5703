import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../kernel/clock.ts';
import type { StorageEngine } from '../ports.ts';
import { describeStorageEngine } from '../testing/conformance.ts';
import { appendContent, contentOf, holds, listUploads, sha256Of } from '../testing/content.ts';
import { coded } from '../testing/engine-under-test.ts';
import { FaultyFileSystem } from '../testing/faulty-file-system.ts';
import { localLayout } from './local-layout.ts';
import { LocalUploads } from './local-uploads.ts';
import { createLocalEngine } from './local.ts';
import { UploadLanes } from './upload-lanes.ts';
import { createUploadService } from './upload-service.ts';

/** The local engine without threads, on a file system that fails on demand. */
function makeEngine(root: string, files: FaultyFileSystem): StorageEngine {
  const start = () => {
    const handle = createUploadService(new LocalUploads({ layout: localLayout(root), files, clock: systemClock }));
    return { alive: true, call: handle, close: () => Promise.resolve() };
  };
  return createLocalEngine({ root, lanes: new UploadLanes({ count: 2, start }) });
}

function temporaryRoot(): string {
  return mkdtempSync(join(tmpdir(), 'gantry-faults-'));
}

describeStorageEngine('local, writing a few bytes at a time', () => {
  const root = temporaryRoot();
  const files = new FaultyFileSystem();
  files.longestWrite = 100_003;
  const engine = makeEngine(root, files);
  return Promise.resolve({
    engine,
    another: () => makeEngine(root, new FaultyFileSystem()),
    async dispose() {
      await engine.close();
      expect(files.opened.size).toBe(0);
      rmSync(root, { recursive: true });
    },
  });
});

describe('local storage with a failing disk', () => {
  const CONTENT = contentOf(3_000_000, 1);
  const START = 1_000_000;
  let root: string;
  let files: FaultyFileSystem;
  let engine: StorageEngine;
  let id: string;

  beforeEach(async () => {
    root = temporaryRoot();
    files = new FaultyFileSystem();
    engine = makeEngine(root, files);
    id = randomUUID();
    await appendContent(engine.uploads, id, 0, CONTENT.subarray(0, START), { durable: true });
  });
  afterEach(() => {
    expect(files.opened.size).toBe(0);
    rmSync(root, { recursive: true });
  });

  /** Whatever failed, the same content can be pushed afterwards, from `from` on, and nothing is left over. */
  async function recovers(from: number): Promise<void> {
    files.faults.clear();
    if (from < CONTENT.byteLength) await appendContent(engine.uploads, id, from, CONTENT.subarray(from));
    await engine.uploads.finish(id, CONTENT.byteLength, sha256Of(CONTENT));
    expect(await holds(engine, CONTENT)).toBe(true);
    expect(await listUploads(engine.uploads)).toEqual([]);
  }

  it.each([
    ['ENOSPC', 'STORAGE_FULL'],
    ['EDQUOT', 'STORAGE_FULL'],
    ['EIO', 'STORAGE_FAILED'],
  ] as const)('goes back to where the request began when a write fails with %s', async (fault, code) => {
    const sink = await engine.uploads.append(id, START, 'sha256');
    files.faults.set('write', fault);
    const pushed = (async () => {
      for (let at = START; at < CONTENT.byteLength; at += 60_000) await sink.write(CONTENT.subarray(at, at + 60_000));
      await sink.end({ durable: false });
    })();
    await expect(pushed).rejects.toEqual(coded(code));
    expect(statSync(join(root, 'uploads', id)).size).toBe(START);
    await recovers(START);
  });

  it('tells every later call of a request that its first write failed', async () => {
    const other = randomUUID();
    files.faults.set('write', 'ENOSPC');
    const sink = await engine.uploads.append(other, 0, 'sha256');
    await expect(sink.write(contentOf(4_000_000, 2))).rejects.toEqual(coded('STORAGE_FULL'));
    files.faults.clear();
    await expect(sink.write(new Uint8Array(1))).rejects.toEqual(coded('STORAGE_FULL'));
    await sink.abort();
    expect(await listUploads(engine.uploads)).toEqual([id]);
    await recovers(START);
  });

  it('tells a small request at its end', async () => {
    const other = randomUUID();
    files.faults.set('write', 'ENOSPC');
    const sink = await engine.uploads.append(other, 0, 'sha256');
    expect(sink.write(new Uint8Array(10))).toBeUndefined();
    await expect(sink.end({ durable: false })).rejects.toEqual(coded('STORAGE_FULL'));
    expect(await listUploads(engine.uploads)).toEqual([id]);
  });

  it.each(['EIO', 'ENOSPC'])('drops an upload whose content could not be synced (%s)', async (fault) => {
    await appendContent(engine.uploads, id, START, CONTENT.subarray(START));
    files.faults.set('sync', fault);
    const code = fault === 'EIO' ? 'STORAGE_FAILED' : 'STORAGE_FULL';
    await expect(engine.uploads.finish(id, CONTENT.byteLength, sha256Of(CONTENT))).rejects.toEqual(coded(code));
    files.faults.clear();
    expect(await engine.blobs.stat(sha256Of(CONTENT))).toBeUndefined();
    await expect(engine.uploads.append(id, START, 'sha256')).rejects.toEqual(coded('BLOB_UPLOAD_UNKNOWN'));
    await recovers(0);
  });

  it('drops an upload whose durable end failed', async () => {
    files.faults.set('sync', 'EIO');
    const ended = appendContent(engine.uploads, id, START, CONTENT.subarray(START), { durable: true });
    await expect(ended).rejects.toEqual(coded('STORAGE_FAILED'));
    expect(await listUploads(engine.uploads)).toEqual([]);
    await recovers(0);
  });

  it.each([
    ['rename', 'EIO', 'STORAGE_FAILED'],
    ['rename', 'ENOSPC', 'STORAGE_FULL'],
    ['mkdir', 'ENOSPC', 'STORAGE_FULL'],
    ['setModified', 'EPERM', 'STORAGE_FAILED'],
    ['stat', 'EIO', 'STORAGE_FAILED'],
    ['open', 'EMFILE', 'STORAGE_FAILED'],
  ] as const)('keeps a complete upload when %s fails with %s', async (operation, fault, code) => {
    await appendContent(engine.uploads, id, START, CONTENT.subarray(START));
    files.faults.set(operation, fault);
    await expect(engine.uploads.finish(id, CONTENT.byteLength, sha256Of(CONTENT))).rejects.toEqual(coded(code));
    expect(await engine.blobs.stat(sha256Of(CONTENT))).toBeUndefined();
    await recovers(CONTENT.byteLength);
  });

  it('does not acknowledge a blob whose directory could not be synced', async () => {
    await appendContent(engine.uploads, id, START, CONTENT.subarray(START));
    files.faults.set('syncDirectory', 'EIO');
    const finished = engine.uploads.finish(id, CONTENT.byteLength, sha256Of(CONTENT));
    await expect(finished).rejects.toEqual(coded('STORAGE_FAILED'));
    files.faults.clear();
    await engine.uploads.discard(id);
    await recovers(0);
  });

  it('reads the upload again when it could not be marked', async () => {
    files.faults.set('setModified', 'EPERM');
    await appendContent(engine.uploads, id, START, CONTENT.subarray(START));
    await recovers(CONTENT.byteLength);
  });

  it('fails when the reading again fails', async () => {
    const another = makeEngine(root, files);
    await appendContent(engine.uploads, id, START, CONTENT.subarray(START));
    files.faults.set('read', 'EIO');
    const finished = another.uploads.finish(id, CONTENT.byteLength, sha256Of(CONTENT));
    await expect(finished).rejects.toEqual(coded('STORAGE_FAILED'));
    await recovers(CONTENT.byteLength);
  });

  it('makes the directory of a blob again when it was removed by hand', async () => {
    await appendContent(engine.uploads, id, START, CONTENT.subarray(START));
    await engine.uploads.finish(id, CONTENT.byteLength, sha256Of(CONTENT));
    rmSync(join(root, 'sha256'), { recursive: true });
    await recovers(0);
    expect(readdirSync(root).toSorted()).toEqual(['sha256', 'uploads']);
  });
});
