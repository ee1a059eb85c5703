import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { createBlobSender, type SentBlob } from './send-blob.ts';
import { fillPattern, manualClock, patternAt, PatternReader } from './testing/sources.ts';

const MIB = 1024 * 1024;

interface Download {
  readonly reader: PatternReader;
  readonly result: Promise<SentBlob>;
}

type Answer = (req: IncomingMessage, res: ServerResponse) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(answer: Answer): Promise<number> {
  const server = createServer(answer).listen(0, '127.0.0.1');
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

/** Serves `/<size>[/<stored bytes>]` as a pattern blob; records each download. */
async function serveBlobs(options: { clock?: ReturnType<typeof manualClock> } = {}): Promise<{
  port: number;
  downloads: Download[];
}> {
  const send = createBlobSender({ clock: options.clock ?? systemClock });
  const downloads: Download[] = [];
  const port = await serve((req, res) => {
    const [, size = '0', stored = size] = (req.url ?? '').split('/');
    const reader = new PatternReader(Number(size), Number(stored));
    res.writeHead(200, { 'Content-Length': size });
    const result = send(res, reader, 0, Number(size));
    result.catch(() => undefined);
    downloads.push({ reader, result });
  });
  return { port, downloads };
}

function get(path: string, method = 'GET'): string {
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks);
}

/** Takes whole responses off a connection. */
async function* responses(socket: Socket): AsyncGenerator<{ head: string; body: Buffer }> {
  let pending = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      const split = pending.indexOf('\r\n\r\n');
      if (split < 0) break;
      const head = pending.subarray(0, split).toString();
      const size = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (pending.byteLength < split + 4 + size) break;
      yield { head, body: pending.subarray(split + 4, split + 4 + size) };
      pending = pending.subarray(split + 4 + size);
    }
  }
}

function pattern(size: number, start = 0): Buffer {
  const bytes = Buffer.alloc(size);
  fillPattern(bytes, start);
  return bytes;
}

describe('sending a blob', () => {
  it.each([0, 1, 65_535, 256 * 1024, 256 * 1024 + 1, 512 * 1024, 3 * MIB + 7])('sends all %i bytes', async (size) => {
    const { port, downloads } = await serveBlobs();
    const socket = dial(port);
    socket.write(get(`/${size}`).replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    const answer = await readAll(socket);
    const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
    expect(Buffer.compare(body, pattern(size))).toBe(0);
    expect(await downloads[0]?.result).toEqual({ sentBytes: size, end: 'complete' });
    expect(downloads[0]?.reader.closed).toBe(1);
  });

  it('sends a part', async () => {
    const send = createBlobSender({ clock: systemClock });
    const port = await serve((_req, res) => {
      res.writeHead(206, { 'Content-Length': MIB, Connection: 'close' });
      void send(res, new PatternReader(5 * MIB), 1000, MIB + 1000);
    });
    const socket = dial(port);
    socket.write(get('/'));
    const answer = await readAll(socket);
    expect(Buffer.compare(answer.subarray(answer.indexOf('\r\n\r\n') + 4), pattern(MIB, 1000))).toBe(0);
    expect(answer.at(-MIB)).toBe(patternAt(1000));
  });

  it('answers pipelined requests on one connection in order, each with its own bytes', async () => {
    const { port, downloads } = await serveBlobs();
    const sizes = [MIB + 3, 10, 0, 700_000, 256 * 1024, 5, 2 * MIB, 1];
    const socket = dial(port);
    socket.write(sizes.map((size) => get(`/${size}`)).join('') + get('/77', 'HEAD') + get('/9'));
    const answers = responses(socket);
    for (const size of sizes) {
      const { value } = await answers.next();
      expect(Buffer.compare(value?.body ?? Buffer.alloc(0), pattern(size))).toBe(0);
    }
    socket.destroy();
    for (const { reader, result } of downloads) {
      await result;
      expect(reader.closed).toBe(1);
    }
  });

  it('sends no body to HEAD', async () => {
    const { port, downloads } = await serveBlobs();
    const socket = dial(port);
    socket.write(get('/3000000', 'HEAD') + get('/0').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    const answer = (await readAll(socket)).toString();
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(answer.length).toBeLessThan(1000);
    expect(downloads[0]?.reader.closed).toBe(1);
  });

  it.each([
    [3 * MIB, 2 * MIB],
    [3 * MIB, 2 * MIB - 5],
    [1000, 900],
    [1000, 0],
  ])('breaks the connection when of %i bytes only %i are stored', async (size, stored) => {
    const { port, downloads } = await serveBlobs();
    const socket = dial(port);
    socket.write(get(`/${size}/${stored}`));
    const answer = await readAll(socket);
    expect(answer.byteLength).toBeLessThan(size);
    await expect(downloads[0]?.result).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(downloads[0]?.reader.closed).toBe(1);
  });

  it('leaves the answer to others when the first read fails before the head was written', async () => {
    const send = createBlobSender({ clock: systemClock });
    const reader = new PatternReader(10);
    reader.read = () => Promise.reject(new Error('EIO'));
    const port = await serve((_req, res) => {
      send(res, reader, 0, 10).catch((error: unknown) => {
        res.writeHead(error instanceof AppError ? error.status : 500, { Connection: 'close' });
        res.end();
      });
    });
    const socket = dial(port);
    socket.write(get('/'));
    expect((await readAll(socket)).toString()).toContain('HTTP/1.1 503');
  });

  it('stops when the client goes away, also for the answers queued behind', async () => {
    const { port, downloads } = await serveBlobs();
    const socket = dial(port);
    socket.write(get(`/${1024 * MIB}`) + get(`/${MIB}`));
    await once(socket, 'readable');
    socket.resetAndDestroy();
    expect((await downloads[0]?.result)?.end).toBe('closed');
    for (const { reader, result } of downloads) {
      expect((await result).end).toBe('closed');
      expect(reader.closed).toBe(1);
    }
  });

  it('cuts off a client that takes nothing for the idle time, and no other', async () => {
    const clock = manualClock();
    const { port, downloads } = await serveBlobs({ clock });
    const stalled = dial(port);
    stalled.pause();
    stalled.write(get(`/${64 * MIB}`));
    const live = dial(port);
    live.write(get(`/${65 * MIB}`).replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    let received = 0;
    for await (const chunk of live as AsyncIterable<Buffer>) {
      const sweeps = Math.floor(received / (20 * MIB));
      received += chunk.byteLength;
      // Between two sweeps the live one takes more than the network buffers.
      if (Math.floor(received / (20 * MIB)) > sweeps) clock.fire();
    }
    const ends = await Promise.all(downloads.map(async ({ result }) => (await result).end));
    expect(ends.toSorted()).toEqual(['complete', 'stalled']);
  });

  it('keeps 50 stalled readers cheap and serves another one meanwhile', { timeout: 60_000 }, async () => {
    const { port, downloads } = await serveBlobs();
    const before = process.memoryUsage().rss;
    const stalled = Array.from({ length: 50 }, () => {
      const socket = dial(port);
      socket.pause();
      socket.write(get(`/${1024 * MIB}`));
      return socket;
    });
    const live = dial(port);
    live.write(get(`/${64 * MIB}`).replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    let received = 0;
    live.on('data', (chunk: Buffer) => {
      received += chunk.byteLength;
    });
    await once(live, 'close');
    expect(received).toBeGreaterThan(64 * MIB);
    expect(downloads).toHaveLength(51);
    // Two buffers each are 25 MiB; the rest is the test's own side of 51 connections.
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB);
    for (const socket of stalled) socket.destroy();
    await Promise.all(downloads.map(({ result }) => result));
    expect(downloads.every(({ reader }) => reader.closed === 1)).toBe(true);
  });
});
