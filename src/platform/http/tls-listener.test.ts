import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { makeCertificates } from '../../../test/support/certificates.ts';
import { startHttp, type TestServer } from '../../../test/support/http.ts';
import { type Mount, requireTls, type TlsSource } from './index.ts';

const first = makeCertificates();
const second = makeCertificates();

const mount: Mount = {
  prefix: '/v2',
  errors: 'oci',
  headers: { 'X-Fixed': 'yes' },
  handler: ({ res, scheme, origin }) => void res.writeHead(200).end(`${scheme} ${origin}`),
};

/** A source whose certificate can be exchanged. */
function source(certificates = first): TlsSource & { replace(by: typeof first): void } {
  const toOptions = ({ certificate, key }: typeof first): SecureContextOptions => ({ cert: certificate, key });
  let apply: ((options: SecureContextOptions) => void) | undefined;
  return {
    current: () => toOptions(certificates),
    subscribe(callback) {
      apply = callback;
      return () => (apply = undefined);
    },
    replace: (by) => apply?.(toOptions(by)),
  };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function get(server: TestServer, ca: string, path = '/v2/'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(`${server.url}${path}`, { ca, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    call.on('error', reject).end();
  });
}

/** The agreed connection, or the error's code. */
async function handshake(port: number, options: ConnectionOptions): Promise<TLSSocket | string> {
  const socket = connectTls({ port, host: '127.0.0.1', ca: first.authority, ...options });
  try {
    await once(socket, 'secureConnect');
    return socket;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  } finally {
    socket.destroy();
  }
}

describe('a TLS listener', () => {
  test('serves the mounts, and asks browsers to stay with TLS when told to', async () => {
    const config = { strictTransportSecurity: 'max-age=60' };
    await using server = await startHttp({ mounts: [mount], config, listen: { tls: source() } });
    const answer = await get(server, first.authority);
    expect(answer).toMatchObject({ status: 200, text: `https ${server.url}` });
    expect(answer.headers).toMatchObject({ 'strict-transport-security': 'max-age=60', 'x-fixed': 'yes' });
    await using plain = await startHttp({ mounts: [mount], config });
    const unencrypted = await fetch(`${plain.url}/v2/`);
    expect(unencrypted.headers.get('strict-transport-security')).toBeNull();
  });

  test('agrees on HTTP/1.1 alone', async () => {
    await using server = await startHttp({ mounts: [mount], listen: { tls: source() } });
    const both = await handshake(server.port, { ALPNProtocols: ['h2', 'http/1.1'] });
    expect(typeof both === 'string' ? both : both.alpnProtocol).toBe('http/1.1');
    expect(await handshake(server.port, { ALPNProtocols: ['h2'] })).toBe('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
  });

  test('takes a new certificate with the next connection, and leaves those that are there', async () => {
    const exchangeable = source();
    await using server = await startHttp({ mounts: [mount], listen: { tls: exchangeable } });
    const before = connectTls({ port: server.port, host: '127.0.0.1', ca: first.authority });
    await once(before, 'secureConnect');
    exchangeable.replace(second);
    expect(await get(server, second.authority)).toMatchObject({ status: 200 });
    await expect(get(server, first.authority)).rejects.toThrow();
    before.write('GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [bytes] = (await once(before, 'data')) as [Buffer];
    expect(bytes.toString()).toMatch(/^HTTP\/1.1 200 /);
    before.destroy();
  });

  test('closes what does not speak TLS, and goes on serving', async () => {
    await using server = await startHttp({ mounts: [mount], listen: { tls: source() } });
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'close');
    expect(await get(server, first.authority)).toMatchObject({ status: 200 });
  });
});

describe('a mount that is served over TLS only', () => {
  const guarded: Mount = { ...mount, handler: requireTls(mount.handler, () => 8443) };
  const names = { publicHosts: ['reg.test', 'other.test:444'], publicHttps: true };

  const send = async (config: object, init: RequestInit = {}, host = 'reg.test:8080'): Promise<Response> => {
    const server = await startHttp({ mounts: [guarded], config: { trustedProxies: ['127.0.0.1'], ...config } });
    try {
      const headers = { 'x-forwarded-host': host, ...(init.headers as Record<string, string> | undefined) };
      return await fetch(`${server.url}/v2/a?b=c`, { redirect: 'manual', ...init, headers });
    } finally {
      await server.close();
    }
  };

  test.each([
    ['the main name', names, 'elsewhere.test', 'https://reg.test/v2/a?b=c'],
    ['the name that was used', names, 'other.test:444', 'https://other.test:444/v2/a?b=c'],
    ['the port of TLS where no name is configured', {}, 'any.test:8080', 'https://any.test:8443/v2/a?b=c'],
  ])('sends readers to %s', async (_name, config, host, target) => {
    const answer = await send(config, {}, host);
    expect([answer.status, answer.headers.get('location')]).toEqual([308, target]);
  });

  test.each([
    ['credentials', { headers: { authorization: 'Basic YTpi' } }],
    ['a cookie', { headers: { cookie: 'session=1' } }],
    ['content', { method: 'POST', body: 'x' }],
  ])('refuses what brings %s', async (_name, init) => {
    const answer = await send(names, init);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('use https://reg.test');
  });

  test('serves what a trusted proxy has taken in over TLS', async () => {
    expect((await send(names, { headers: { 'x-forwarded-proto': 'https' } })).status).toBe(200);
  });
});
