import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { makeCertificates } from '../../../test/support/certificates.ts';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { startHttp, type TestServer } from '../../../test/support/http.ts';
import { isAddressedHere, type Mount } from './index.ts';

const show: Mount = {
  prefix: '/',
  errors: 'oci',
  handler: async (context) => {
    context.acceptBody();
    let length = 0;
    for await (const chunk of context.req) length += (chunk as Buffer).length;
    const { clientAddress, scheme } = context;
    context.res.end(JSON.stringify({ clientAddress, scheme, length, here: isAddressedHere(context) }));
  },
};
const { authority, certificate, key } = makeCertificates();
const tls = { current: () => ({ cert: certificate, key }), subscribe: () => () => undefined };
const TRUSTED = { trustedProxies: ['127.0.0.1'] };
const LINE = 'PROXY TCP4 203.0.113.9 192.0.2.1 50000 443\r\n';
const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

/** Writes the parts one by one, each in a packet of its own, and resolves with what came back. */
async function talk(port: number, parts: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const answer = collect(socket);
  await once(socket, 'connect');
  for (const part of parts) {
    await new Promise((resolve) => socket.write(part, resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return answer;
}

async function collect(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return text;
}

function bodyOf(answer: string): unknown {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4).replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, ''));
}

const start = (config: object = TRUSTED, more: object = {}): Promise<TestServer> =>
  startHttp({ mounts: [show], config, listen: { proxyProtocol: true }, ...more });

describe('the PROXY protocol port', () => {
  test.each([
    ['in one packet with the request', [LINE + GET]],
    ['in a packet of its own', [LINE, GET]],
    ['byte by byte', [...LINE.split(''), GET]],
  ])('takes the client from a header %s', async (_name, parts) => {
    await using server = await start();
    expect(bodyOf(await talk(server.port, parts))).toEqual({
      clientAddress: '203.0.113.9',
      scheme: 'http',
      length: 0,
      here: false,
    });
  });

  test('loses nothing of a large body that follows at once', async () => {
    await using server = await start();
    const head = `PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${8 << 20}\r\n\r\n`;
    const answer = await talk(server.port, [Buffer.concat([Buffer.from(LINE + head), Buffer.alloc(8 << 20)])]);
    expect(bodyOf(answer)).toMatchObject({ length: 8 << 20, clientAddress: '203.0.113.9' });
  });

  test('serves TLS behind the header, also when both come together', async () => {
    await using server = await startHttp({ mounts: [show], config: TRUSTED, listen: { proxyProtocol: true, tls } });
    for (let round = 0; round < 3; round++) {
      const socket = connect({ port: server.port, host: '127.0.0.1' });
      // Written before the handshake begins: the header and the first message of TLS go out together.
      socket.cork();
      socket.write(LINE);
      const secure = connectTls({ socket, ca: authority, servername: 'localhost' });
      const answer = collect(secure);
      socket.uncork();
      secure.write(GET);
      expect(bodyOf(await answer)).toMatchObject({ clientAddress: '203.0.113.9', scheme: 'https' });
    }
  });

  test('believes forwarding headers only of a client that is a proxy itself', async () => {
    await using server = await start({ trustedProxies: ['127.0.0.1', '203.0.113.9'] });
    const forwarded = GET.replace('Connection', 'X-Forwarded-For: 198.51.100.7\r\nConnection');
    expect(bodyOf(await talk(server.port, [LINE + forwarded]))).toMatchObject({ clientAddress: '198.51.100.7' });
    const other = LINE.replace('203.0.113.9', '203.0.113.10');
    expect(bodyOf(await talk(server.port, [other + forwarded]))).toMatchObject({ clientAddress: '203.0.113.10' });
  });

  test('takes a client that the proxy does not name for nobody on this machine, and believes no header of it', async () => {
    await using server = await start();
    const spoofed = GET.replace('Connection', 'X-Forwarded-For: 198.51.100.7\r\nConnection');
    const view = bodyOf(await talk(server.port, [`PROXY UNKNOWN\r\n${spoofed}`]));
    expect(view).toMatchObject({ clientAddress: '127.0.0.1', here: false });
    expect(bodyOf(await talk(server.port, [`PROXY UNKNOWN\r\n${GET}`]))).toMatchObject({ here: false });
  });

  test('closes a connection of anyone else, and one without a header, and says so once', async () => {
    await using untrusting = await start({ trustedProxies: ['192.0.2.1'] });
    expect(await talk(untrusting.port, [LINE + GET])).toBe('');
    await using server = await start();
    expect(await talk(server.port, [GET])).toBe('');
    expect(await talk(server.port, ['PROXY TCP4 nonsense\r\n', GET])).toBe('');
    const warnings = server.logLines().filter(({ level }) => level === 'warn');
    expect(warnings).toEqual([expect.objectContaining({ msg: expect.stringContaining('does not begin') as string })]);
  });

  test.each([
    ['plain', {}],
    ['TLS', { tls }],
  ])('over %s survives clients that break off at any point', async (_name, listen) => {
    await using server = await startHttp({
      mounts: [show],
      config: TRUSTED,
      listen: { ...listen, proxyProtocol: true },
    });
    const hello = Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]);
    for (const sent of [LINE.slice(0, 9), LINE, LINE + GET.slice(0, 20), Buffer.concat([Buffer.from(LINE), hello])]) {
      for (const leave of ['resetAndDestroy', 'destroy', 'end'] as const) {
        const socket = connect({ port: server.port, host: '127.0.0.1' });
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        await new Promise((resolve) => socket.write(sent, resolve));
        socket[leave]();
        await once(socket.resume(), 'close');
      }
    }
    const socket = connect({ port: server.port, host: '127.0.0.1' });
    socket.write(LINE);
    const client = 'tls' in listen ? connectTls({ socket, ca: authority, servername: 'localhost' }) : socket;
    const answer = collect(client);
    client.write(GET);
    expect(bodyOf(await answer)).toMatchObject({ clientAddress: '203.0.113.9' });
  });

  test('closes a connection whose header does not come', async () => {
    const clock = createFakeClock();
    await using server = await start(TRUSTED, { clock });
    const socket = connect(server.port, '127.0.0.1');
    const ended = collect(socket);
    await once(socket, 'connect');
    socket.write('PROXY TC');
    // Answered after that connection was accepted, so its time is running.
    await talk(server.port, [LINE + GET]);
    clock.advance(5000);
    expect(await ended).toBe('');
  });
});

test('a PROXY header on an ordinary port is refused as malformed, also of a trusted proxy', async () => {
  await using server = await startHttp({ mounts: [show], config: TRUSTED });
  expect(await talk(server.port, [LINE + GET])).toMatch(/^HTTP\/1.1 400 /);
});
