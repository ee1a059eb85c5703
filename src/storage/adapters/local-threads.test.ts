import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBufferPool } from '../buffer-pool.ts';
import type { StorageEngine } from '../ports.ts';
import { appendContent, contentOf, holds, sha256Of } from '../testing/content.ts';
import { coded } from '../testing/engine-under-test.ts';
import { LocalSink } from './local-sink.ts';
import { createLocalStorage } from './local.ts';
import type { UploadReply, UploadRequest } from './upload-messages.ts';
import { startUploadWorker } from './upload-thread.ts';

describe('threads of local storage', () => {
  const CONTENT = contentOf(3_000_000, 1);
  let root: string;
  let engine: StorageEngine;
  let started: Worker[];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'gantry-threads-'));
    started = [];
    const startWorker = (path: string): Worker => {
      const worker = startUploadWorker(path);
      started.push(worker);
      return worker;
    };
    engine = createLocalStorage({ root, log: pino({ level: 'silent' }), workers: 2, startWorker });
  });
  afterEach(async () => {
    await engine.close();
    rmSync(root, { recursive: true });
  });

  function openFiles(): string[] {
    const links = readdirSync('/proc/self/fd').map((descriptor) => {
      try {
        return readlinkSync(`/proc/self/fd/${descriptor}`);
      } catch {
        return '';
      }
    });
    return links.filter((path) => path.startsWith(root));
  }

  it('are started when there is something to write, and no more than needed', async () => {
    expect(started).toHaveLength(0);
    for (let round = 0; round < 3; round += 1) {
      const id = randomUUID();
      await appendContent(engine.uploads, id, 0, CONTENT);
      await engine.uploads.finish(id, CONTENT.byteLength, sha256Of(CONTENT));
    }
    expect(started).toHaveLength(1);
    const ids = Array.from({ length: 5 }, () => randomUUID());
    const sinks = await Promise.all(ids.map((id) => engine.uploads.append(id, 0, 'sha256')));
    expect(started).toHaveLength(2);
    await Promise.all(sinks.map((sink) => sink.abort()));
  });

  it('fail what they were writing when they die, and are replaced', async () => {
    const id = randomUUID();
    await appendContent(engine.uploads, id, 0, CONTENT.subarray(0, 1_000_000), { durable: true });
    const sink = await engine.uploads.append(id, 1_000_000, 'sha256');
    await sink.write(CONTENT.subarray(1_000_000, 1_700_000));
    expect(openFiles()).toHaveLength(1);
    await started[0]?.terminate();
    await expect(sink.end({ durable: false })).rejects.toEqual(coded('STORAGE_FAILED'));
    expect(openFiles()).toEqual([]);

    await appendContent(engine.uploads, id, 1_000_000, CONTENT.subarray(1_000_000));
    expect(started).toHaveLength(2);
    await engine.uploads.finish(id, CONTENT.byteLength, sha256Of(CONTENT));
    expect(await holds(engine, CONTENT)).toBe(true);
  });

  it('fail what waits for an answer when they die', async () => {
    const id = randomUUID();
    await appendContent(engine.uploads, id, 0, CONTENT);
    const finished = engine.uploads.finish(id, CONTENT.byteLength, sha256Of(CONTENT));
    void started[0]?.terminate();
    // It may have been quick enough; if not, the upload is still there or its bytes are in place.
    const outcome = await finished.catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toEqual(coded('STORAGE_FAILED'));
    await appendContent(engine.uploads, id, 0, CONTENT);
    await engine.uploads.finish(id, CONTENT.byteLength, sha256Of(CONTENT));
    expect(await holds(engine, CONTENT)).toBe(true);
  });

  it('keep files to the owner and the group', async () => {
    const id = randomUUID();
    await appendContent(engine.uploads, id, 0, CONTENT);
    const { sha256 } = await engine.uploads.finish(id, CONTENT.byteLength, sha256Of(CONTENT));
    const hex = sha256.slice(7);
    expect(statSync(join(root, 'sha256', hex.slice(0, 2), hex)).mode & 0o007).toBe(0);
    expect(statSync(join(root, 'sha256')).mode & 0o007).toBe(0);
    expect(Math.abs(statSync(join(root, 'sha256', hex.slice(0, 2), hex)).mtimeMs - Date.now())).toBeLessThan(60_000);
  });

  it('refuses a root that cannot be made, naming it', () => {
    writeFileSync(join(root, 'file'), '');
    const options = { root: join(root, 'file', 'storage'), log: pino({ level: 'silent' }) };
    expect(() => createLocalStorage(options)).toThrow(`"${options.root}"`);
  });
});

describe('a request body on its way to a worker', () => {
  it('asks its writer to wait when the worker falls behind, and never holds more than three buffers', async () => {
    const pool = createBufferPool({ sizeBytes: 1000, maxIdle: 10 });
    const waiting: { request: UploadRequest; resolve: (reply: UploadReply) => void }[] = [];
    const lane = {
      alive: true,
      call: (request: UploadRequest) => new Promise<UploadReply>((resolve) => void waiting.push({ request, resolve })),
      close: () => Promise.resolve(),
    };
    const answerOne = (): void => {
      const next = waiting.shift();
      const buffer = next !== undefined && 'data' in next.request ? next.request.data?.buffer : undefined;
      next?.resolve({ fault: undefined, sizeBytes: 10_000, blob: undefined, buffer });
    };
    let released = 0;
    const begin = { uploadId: randomUUID(), offset: 0, algorithm: 'sha256' } as const;
    const sink = new LocalSink({
      lane,
      pool,
      body: 1,
      begin,
      maxInFlight: () => 2,
      release: () => void (released += 1),
    });

    expect(sink.write(new Uint8Array(1999))).toBeUndefined();
    expect(sink.write(new Uint8Array(1))).toBeUndefined();
    expect(waiting).toHaveLength(2);
    const room = sink.write(new Uint8Array(8000));
    expect(room).toBeDefined();
    expect(waiting).toHaveLength(3);
    for (let answered = 0; answered < 8; answered += 1) {
      await new Promise((resolve) => void setImmediate(resolve));
      expect(waiting.length).toBeLessThanOrEqual(3);
      answerOne();
    }
    await room;
    const ended = sink.end({ durable: false });
    await new Promise((resolve) => void setImmediate(resolve));
    while (waiting.length > 0) answerOne();
    expect(await ended).toBe(10_000);
    expect(released).toBe(1);
    expect(pool.idle).toBeLessThanOrEqual(3);
  });
});
