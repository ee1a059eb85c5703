import { connect } from 'node:net';
import type { Random } from '../../support/random.ts';

const GIVE_UP_MS = 3000;

/** Bytes that are no proper HTTP. A server may answer 4xx or close; it may not break. */
export function malformedRequest(random: Random, path: string, authorization: string): Buffer {
  const head = `PUT ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n`;
  const forms: readonly (string | Buffer)[] = [
    random.bytes(1 + random.below(2000)),
    'GET\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    `GET ${path} HTTP/1.1\r\n\r\n`,
    `GET ${path} HTTP/1.1\nHost: x\n\n`,
    `${head}Content-Length: -5\r\n\r\nabc`,
    `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`,
    `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n`,
    `${head}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc`,
    `${head}Transfer-Encoding: identity\r\n\r\n`,
    `${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    `${head}Content-Length: 1000\r\n\r\nshort`,
    `${head}X: ${'y'.repeat(40_000)}\r\n\r\n`,
    `${head}${Array.from({ length: 3000 }, (_, i) => `X-${i}: y\r\n`).join('')}\r\n`,
    `${head}Bad Header: x\r\n\r\n`,
    `${head}X: a\u0000b\r\n\r\n`,
    `GET ${path}${'/a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET ${path}\u0001\u007f HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET http://other.example${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(20),
    'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
    'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
    `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
  ];
  const form = random.pick(forms);
  return typeof form === 'string' ? Buffer.from(form, 'latin1') : form;
}

/** Sends the bytes on a connection of their own, ends or resets it, and returns the statuses that came back. */
export function sendRaw(port: number, bytes: Buffer, reset: boolean): Promise<number[]> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(bytes, () => (reset ? socket.resetAndDestroy() : socket.end()));
    });
    socket.setTimeout(GIVE_UP_MS, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve([...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]))));
  });
}
