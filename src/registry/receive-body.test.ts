import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';

import type { UploadSink } from '../storage/index.ts';
import { createLocalStorage } from '../storage/testing/local-storage.ts';
import { receiveBody, type ReceivedBody, type ReceiveOptions } from './receive-body.ts';
import { fillPattern, manualClock } from './testing/sources.ts';

const MIB = 1024 * 1024;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Takes what it is given; `pace` may slow it down or fail. */
class RecordingSink implements UploadSink {
  bytes = 0;
  readonly chunks: Buffer[] = [];
  readonly #pace: ((bytes: number) => Promise<void> | undefined) | undefined;
  readonly #keeps: boolean;

  constructor(pace?: (bytes: number) => Promise<void> | undefined, keeps = true) {
    this.#pace = pace;
    this.#keeps = keeps;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    this.bytes += chunk.byteLength;
    if (this.#keeps) this.chunks.push(Buffer.from(chunk));
    return this.#pace?.(this.bytes);
  }

  end(): Promise<number> {
    return Promise.resolve(this.bytes);
  }

  abort(): Promise<void> {
    return Promise.resolve();
  }
}

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

async function serve(handler: Handler): Promise<number> {
  const server = createServer({ requestTimeout: 0 }, (req, res) => void handler(req, res)).listen(0, '127.0.0.1');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function dial(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  closers.push(() => socket.destroy());
  return socket;
}

/** Starts a server that takes one body; the promise tells how that ended. */
async function receiving(
  sink: UploadSink,
  options: Partial<ReceiveOptions> = {},
): Promise<{ port: number; started: Promise<void>; outcome: Promise<ReceivedBody> }> {
  const started = Promise.withResolvers<void>();
  const outcome = Promise.withResolvers<ReceivedBody>();
  const port = await serve(async (req, res) => {
    started.resolve();
    outcome.resolve(await receiveBody(req, sink, { clock: systemClock, maxBytes: 8 * 1024 * MIB, ...options }));
    if (!res.destroyed) res.writeHead(201, { 'Content-Length': 0 }).end();
  });
  return { port, started: started.promise, outcome: outcome.promise };
}

function head(length: number | 'chunked'): string {
  const framing = length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
  return `PATCH / HTTP/1.1\r\nHost: x\r\n${framing}\r\n\r\n`;
}

describe('receiving a body', () => {
  it('passes all bytes on, in order, with waiting and without', async () => {
    for (const pace of [undefined, () => new Promise<void>((resolve) => void setImmediate(resolve))]) {
      const sink = new RecordingSink(pace);
      const { port, outcome } = await receiving(sink);
      const content = Buffer.alloc(3 * MIB + 5);
      fillPattern(content, 0);
      const socket = dial(port);
      socket.write(head(content.byteLength));
      socket.write(content);
      expect(await outcome).toEqual({ end: 'complete', bytes: content.byteLength });
      expect(Buffer.compare(Buffer.concat(sink.chunks), content)).toBe(0);
    }
  });

  it('takes a chunked body and goes on with the next request of the connection', async () => {
    const bodies: string[] = [];
    const port = await serve(async (req, res) => {
      const sink = new RecordingSink();
      const { end } = await receiveBody(req, sink, { clock: systemClock, maxBytes: 100 });
      bodies.push(`${end}:${Buffer.concat(sink.chunks).toString()}`);
      res.writeHead(202, { 'Content-Length': 0 }).end();
    });
    const socket = dial(port);
    socket.write(`${head('chunked')}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n${head(2)}fg${head(0)}`);
    let answers = '';
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      answers += chunk.toString();
      if (answers.split('HTTP/1.1 202').length === 4) break;
    }
    expect(bodies).toEqual(['complete:abcde', 'complete:fg', 'complete:']);
  });

  it.each(['RST', 'FIN'])('tells of a %s in the middle and how much came before', async (how) => {
    const sink = new RecordingSink();
    const { port, outcome } = await receiving(sink);
    const socket = dial(port);
    socket.write(head(1000));
    socket.write('x'.repeat(400));
    await expect.poll(() => sink.bytes, { interval: 1 }).toBe(400);
    if (how === 'RST') socket.resetAndDestroy();
    else socket.end();
    expect(await outcome).toMatchObject({ end: 'interrupted', bytes: 400, error: { code: 'CLIENT_CLOSED_REQUEST' } });
  });

  it('notices a client that left while the storage was busy, after the storage was ready again', async () => {
    const busy = Promise.withResolvers<void>();
    const sink = new RecordingSink(() => busy.promise);
    const { port, outcome } = await receiving(sink);
    const socket = dial(port);
    socket.write(`${head(1000)}abc`);
    await expect.poll(() => sink.bytes, { interval: 1 }).toBe(3);
    socket.resetAndDestroy();
    let told = false;
    void outcome.finally(() => {
      told = true;
    });
    await new Promise((resolve) => void setImmediate(resolve));
    expect(told).toBe(false);
    busy.resolve();
    expect(await outcome).toMatchObject({ end: 'interrupted', bytes: 3 });
  });

  it('notices a client that left before anybody read the body', async () => {
    const outcome = Promise.withResolvers<ReceivedBody>();
    const port = await serve(async (req) => {
      await new Promise((resolve) => void req.socket.once('close', resolve));
      outcome.resolve(await receiveBody(req, new RecordingSink(), { clock: systemClock, maxBytes: 10 }));
    });
    const socket = dial(port);
    socket.write(`${head(5)}ab`);
    await once(socket, 'connect');
    setImmediate(() => socket.resetAndDestroy());
    expect(await outcome.promise).toMatchObject({ end: 'interrupted', bytes: 0 });
  });

  it('refuses by Content-Length before reading, and while reading when there is none', async () => {
    const announced = new RecordingSink();
    const first = await receiving(announced, { maxBytes: 10 });
    dial(first.port).write(`${head(11)}hello world`);
    expect(await first.outcome).toMatchObject({ end: 'refused', bytes: 0, error: { code: 'LAYER_TOO_LARGE' } });
    expect(announced.bytes).toBe(0);

    const streamed = new RecordingSink();
    const second = await receiving(streamed, { maxBytes: 10 });
    dial(second.port).write(`${head('chunked')}8\r\n12345678\r\n3\r\nabc\r\n0\r\n\r\n`);
    expect(await second.outcome).toMatchObject({ end: 'refused', bytes: 8, error: { code: 'LAYER_TOO_LARGE' } });
    expect(streamed.bytes).toBe(8);
  });

  it('passes on that the storage is full', async () => {
    const full = new AppError('STORAGE_FULL', 'Could not store the upload');
    const sink = new RecordingSink((bytes) => (bytes > MIB ? Promise.reject(full) : undefined));
    const { port, outcome } = await receiving(sink);
    const socket = dial(port);
    socket.write(head(64 * MIB));
    socket.write(Buffer.alloc(64 * MIB));
    expect(await outcome).toMatchObject({ end: 'failed', error: full });
  });

  it('gives up a silent client, but not for the slowness of the storage', async () => {
    const clock = manualClock();
    const busy = Promise.withResolvers<void>();
    const sink = new RecordingSink((bytes) => (bytes === 3 ? busy.promise : undefined));
    const { port, outcome } = await receiving(sink, { clock });
    const socket = dial(port);
    socket.write(`${head(1000)}abc`);
    await expect.poll(() => sink.bytes, { interval: 1 }).toBe(3);
    for (let sweep = 0; sweep < 5; sweep += 1) clock.fire();
    busy.resolve();
    socket.write('de');
    await expect.poll(() => sink.bytes, { interval: 1 }).toBe(5);
    clock.fire();
    clock.fire();
    expect(await outcome).toMatchObject({ end: 'interrupted', bytes: 5, error: { code: 'CLIENT_CLOSED_REQUEST' } });
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const { port, started, outcome } = await receiving(new RecordingSink(), { signal: stop.signal });
    dial(port).write(head(10));
    await started;
    stop.abort();
    expect(await outcome).toMatchObject({ end: 'interrupted', bytes: 0, error: { code: 'SHUTTING_DOWN' } });
  });

  const gibibytes = process.env['GANTRY_LONG'] === '1' ? 4 : 1;
  it(`takes ${gibibytes} GiB into a slow storage with flat memory`, { timeout: 300_000 }, async () => {
    const total = gibibytes * 1024 * MIB;
    const before = process.memoryUsage().rss;
    let peak = 0;
    const sink = new RecordingSink((bytes) => {
      if (bytes % (4 * MIB) < 65_536) peak = Math.max(peak, process.memoryUsage().rss);
      // Slower than the client by turns of the event loop, not by time.
      return new Promise((resolve) => void setImmediate(() => void setImmediate(resolve)));
    }, false);
    const { port, outcome } = await receiving(sink);
    const client = request({ port, host: '127.0.0.1', method: 'PUT', headers: { 'Content-Length': total } });
    client.on('error', () => undefined);
    closers.push(() => client.destroy());
    const chunk = Buffer.alloc(256 * 1024);
    for (let sent = 0; sent < total; sent += chunk.byteLength) {
      if (!client.write(chunk)) await once(client, 'drain');
    }
    client.end();
    expect(await outcome).toEqual({ end: 'complete', bytes: total });
    expect(peak - before).toBeLessThan(150 * MIB);
  });
});

describe('receiving into local storage', () => {
  it.each(['RST', 'FIN'])('keeps the prefix or nothing after a %s, and no other file', async (how) => {
    const root = mkdtempSync(join(tmpdir(), 'gantry-receive-'));
    const storage = createLocalStorage({ root, log: pino({ level: 'silent' }) });
    closers.push(async () => {
      await storage.close();
      rmSync(root, { recursive: true });
    });
    for (const keep of [true, false]) {
      const id = randomUUID();
      const left = Promise.withResolvers<number>();
      const taken = Promise.withResolvers<void>();
      const port = await serve(async (req) => {
        const sink = await storage.uploads.append(id, 0, 'sha256');
        let bytes = 0;
        const watched: UploadSink = {
          write(chunk) {
            bytes += chunk.byteLength;
            if (bytes === 2 * MIB) taken.resolve();
            return sink.write(chunk);
          },
          end: (options) => sink.end(options),
          abort: () => sink.abort(),
        };
        const { end } = await receiveBody(req, watched, { clock: systemClock, maxBytes: 8 * MIB });
        if (end === 'interrupted' && keep) left.resolve(await watched.end({ durable: true }));
        else left.resolve(watched.abort().then(() => 0));
      });
      const socket = dial(port);
      socket.write(head(3 * MIB));
      socket.write(Buffer.alloc(2 * MIB));
      await taken.promise;
      if (how === 'RST') socket.resetAndDestroy();
      else socket.end();
      expect(await left.promise).toBe(keep ? 2 * MIB : 0);
      expect(readdirSync(join(root, 'uploads'))).toEqual(keep ? [id] : []);
      await storage.uploads.discard(id);
      expect(readdirSync(root)).toEqual(['uploads']);
    }
  });
});
