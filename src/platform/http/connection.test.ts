import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../kernel/errors.ts';
import { startHttp } from '../../../test/support/http.ts';
import type { Mount, RequestHandler } from './index.ts';

/** Sends text over a bare connection and resolves with all that came back when the server closes. */
function exchange(port: number, ...parts: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk));
    socket
      .on('end', () => socket.end())
      .on('close', () => resolve(received))
      .on('error', reject);
    for (const part of parts) socket.write(part);
  });
}

const at = (handler: RequestHandler): Mount => ({ prefix: '/v2', errors: 'oci', handler });

const refuse = at(() => {
  throw new AppError('UNAUTHORIZED', 'Sign in');
});

const echo = at(async (context) => {
  context.acceptBody();
  const chunks: Buffer[] = [];
  for await (const chunk of context.req) chunks.push(chunk as Buffer);
  context.res.end(`${context.path}:${Buffer.concat(chunks).length}`);
});

describe('malformed requests', () => {
  test.each([
    ['nonsense', 'what is this\r\n\r\n', '400', 'not valid HTTP'],
    ['too large headers', `GET /v2/ HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(70_000)}\r\n\r\n`, '431', '64 KiB'],
    [
      'length and chunks together',
      'PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '400',
      'HTTP',
    ],
    ['a body without an end', 'PUT /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\nabc', '400', 'HTTP'],
    [
      'an unknown transfer coding',
      'PUT /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      '400',
      'gzip, chunked',
    ],
  ])('are refused in JSON: %s', async (_name, sent, status, text) => {
    await using server = await startHttp({ mounts: [echo] });
    const answer = await exchange(server.port, sent);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('"errors":[{"code"');
    expect(answer).toContain(text);
  });

  test('headers of 60 KiB are served', async () => {
    await using server = await startHttp({ mounts: [echo] });
    const answer = await fetch(`${server.url}/v2/`, { headers: { a: 'a'.repeat(60_000) } });
    expect(answer.status).toBe(200);
  });
});

describe('Expect: 100-continue', () => {
  const put = (port: number, onContinue: (send: () => void) => void) =>
    new Promise<{ status: number | undefined; text: string; continued: boolean }>((resolve, reject) => {
      let continued = false;
      const req = request({
        port,
        host: '127.0.0.1',
        path: '/v2/x',
        method: 'PUT',
        headers: { Expect: '100-continue', 'Content-Length': 5 },
      });
      req.on('continue', () => {
        continued = true;
        onContinue(() => req.end('hello'));
      });
      req.on('response', (res) => {
        let text = '';
        res.on('data', (chunk: Buffer) => (text += chunk.toString()));
        res.on('end', () => resolve({ status: res.statusCode, text, continued }));
      });
      req.on('error', reject);
      req.flushHeaders();
    });

  test('an accepted body follows the 100', async () => {
    await using server = await startHttp({ mounts: [echo] });
    expect(await put(server.port, (send) => send())).toEqual({ status: 200, text: '/v2/x:5', continued: true });
  });

  test('a refused body is never sent, and the connection closes', async () => {
    await using server = await startHttp({ mounts: [refuse] });
    const result = await put(server.port, () => {});
    expect(result).toMatchObject({ status: 401, continued: false });
    const raw = await exchange(
      server.port,
      'PUT /v2/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n',
      '0123456789',
    );
    expect(raw).toMatch(/^HTTP\/1.1 401 [^]*Connection: close/);
  });
});

describe('refusals while the body is arriving', () => {
  test('a client that sends 64 MiB before it looks still reads the answer', async () => {
    await using server = await startHttp({ mounts: [refuse] });
    const size = 64 * 1024 * 1024;
    const head = `PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`;
    const answer = await exchange(server.port, head, Buffer.alloc(size));
    expect(answer).toMatch(/^HTTP\/1.1 401 [^]*Connection: close[^]*UNAUTHORIZED/);
  });

  test('more than the limit is cut off', async () => {
    await using server = await startHttp({
      mounts: [refuse],
      config: { drainLimits: { maxBytes: 100_000, maxMs: 60_000 } },
    });
    const head = 'PUT /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    const outcome = await exchange(server.port, head, `${(4_000_000).toString(16)}\r\n`, Buffer.alloc(3_000_000)).catch(
      (error: unknown) => error,
    );
    expect(server.server.inFlight).toBe(0);
    expect(outcome).toBeDefined();
  });

  test('a body that turns out too long while it is read is answered too', async () => {
    const limited = at(
      ({ req }) =>
        new Promise((_resolve, reject) => {
          let total = 0;
          req.on('data', (chunk: Buffer) => {
            total += chunk.length;
            if (total > 1_000_000) reject(new AppError('MANIFEST_TOO_LARGE', 'Too large'));
          });
        }),
    );
    await using server = await startHttp({ mounts: [limited] });
    const size = 32 * 1024 * 1024;
    const head = `PUT /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n`;
    const answer = await exchange(server.port, head, Buffer.alloc(size), '\r\n0\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 413 [^]*Connection: close[^]*MANIFEST_INVALID/);
  });

  test('a small unread body does not cost the connection', async () => {
    await using server = await startHttp({ mounts: [refuse] });
    const one = 'POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd';
    const answer = await exchange(server.port, one, one, 'GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(answer.match(/HTTP\/1.1 401/g)).toHaveLength(3);
  });
});

test('pipelined requests are answered in order', async () => {
  await using server = await startHttp({ mounts: [echo] });
  const parts = ['a', 'b', 'c'].map((name) => `PUT /v2/${name} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz`);
  const answer = await exchange(
    server.port,
    parts.join(''),
    'GET /v2/end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  expect(answer.match(/\/v2\/\w+:\d/g)).toEqual(['/v2/a:3', '/v2/b:3', '/v2/c:3', '/v2/end:0']);
});

test('pipelined requests whose client leaves are all done with', async () => {
  await using server = await startHttp({ mounts: [at(() => new Promise(() => {}))] });
  const socket = connect(server.port, '127.0.0.1');
  socket.write('GET /v2/a HTTP/1.1\r\nHost: x\r\n\r\nGET /v2/b HTTP/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(() => server.server.inFlight).toBe(2);
  socket.destroy();
  await expect.poll(() => server.server.inFlight).toBe(0);
  expect((await server.metrics.renderMetrics()).text).toContain('requests_in_flight{mount="/v2"} 0');
});

test('an absolute-form target is routed by its path', async () => {
  await using server = await startHttp({ mounts: [echo] });
  const answer = await exchange(
    server.port,
    'GET http://other/v2/x?y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  expect(answer).toContain('/v2/x:0');
});

describe('idle clients', () => {
  const config = { idleTimeoutMs: 60 };

  test('an upload that stalls is cut off', async () => {
    await using server = await startHttp({ mounts: [echo], config });
    const answer = await exchange(server.port, 'PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
    expect(answer).toBe('');
  });

  test('a reader that stalls is cut off', async () => {
    const big = at(({ res }) => void res.end(Buffer.alloc(64 * 1024 * 1024)));
    await using server = await startHttp({ mounts: [big], config });
    const socket = connect(server.port, '127.0.0.1');
    socket.pause();
    socket.write('GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => server.logLines().some((line) => line['status'] === 499)).toBe(true);
    socket.destroy();
  });

  test('a request that we are slow to answer is not', async () => {
    let finish = (): void => {};
    const slow = at(({ res }) => {
      finish = () => void res.end('done');
    });
    await using server = await startHttp({ mounts: [slow], config });
    const answer = fetch(`${server.url}/v2/`);
    // Several idle periods pass, measured by connections that are cut.
    for (let round = 0; round < 3; round++) await exchange(server.port);
    finish();
    expect(await (await answer).text()).toBe('done');
  });
});

describe('drain', () => {
  test('answers what is in flight, then closes the connection', async () => {
    let finish = (): void => {};
    const slow = at(({ res }) => {
      finish = () => void res.end('done');
    });
    await using server = await startHttp({ mounts: [slow] });
    const answer = exchange(server.port, 'GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => server.server.inFlight).toBe(1);
    const drained = server.server.drain({ timeoutMs: 60_000 });
    expect(server.server.draining).toBe(true);
    await expect(fetch(`${server.url}/v2/`)).rejects.toThrow();
    finish();
    expect(await answer).toMatch(/Connection: close[^]*done$/);
    await drained;
  });

  test('cuts off what outlasts the limit', async () => {
    await using server = await startHttp({ mounts: [at(() => new Promise(() => {}))] });
    const answer = exchange(server.port, 'GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => server.server.inFlight).toBe(1);
    await server.server.drain({ timeoutMs: 1 });
    expect(await answer).toBe('');
  });
});
