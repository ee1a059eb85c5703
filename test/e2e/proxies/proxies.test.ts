import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, test } from 'vitest';
import { makeCertificates } from '../../support/certificates.ts';
import { digestOf, makeImage, RegistryClient } from '../../support/clients.ts';
import { available, hasProgram } from '../../support/components.ts';
import { freePort, startServer, type TestServer } from '../../support/server.ts';
import { type Front, startHaproxy, startNginx } from './front.ts';

/** Another address of this machine than the proxy has, so that they can be told apart. */
const CLIENT = '127.0.0.2';
const LAYER = randomBytes(64 << 20);
const certificates = makeCertificates();

let server: TestServer | undefined;
let front: Front | undefined;
afterEach(async () => {
  await front?.stop();
  await server?.dispose();
  [server, front] = [undefined, undefined];
});

interface Arrangement {
  readonly proxy: 'nginx' | 'haproxy';
  readonly title: string;
  /** Whether clients use TLS, wherever it ends. */
  readonly secure: boolean;
  /** TLS ends at the server. */
  readonly serverTls?: boolean;
  readonly config?: object;
  readonly start: (port: number, server: TestServer) => Promise<Front>;
}

const EXTERNAL = { EXTERNAL_TLS_TERMINATION: true, PREFERRED_URL_SCHEME: 'https' };
const plainOf = ({ plainPort }: TestServer): string => `127.0.0.1:${plainPort}`;
const proxiedOf = ({ proxyPort }: TestServer): string => `127.0.0.1:${proxyPort}`;
const PROXY = { FEATURE_PROXY_PROTOCOL: true };

const ARRANGEMENTS: readonly Arrangement[] = [
  {
    proxy: 'nginx',
    title: 'nginx',
    secure: false,
    start: (port, to) => startNginx({ port, upstream: plainOf(to) }),
  },
  {
    proxy: 'nginx',
    title: 'nginx with TLS',
    secure: true,
    config: EXTERNAL,
    start: (port, to) => startNginx({ port, upstream: plainOf(to), tls: certificates }),
  },
  {
    proxy: 'haproxy',
    title: 'haproxy',
    secure: false,
    start: (port, to) => startHaproxy({ port, upstream: plainOf(to), mode: 'http' }),
  },
  {
    proxy: 'haproxy',
    title: 'haproxy with TLS',
    secure: true,
    config: EXTERNAL,
    start: (port, to) => startHaproxy({ port, upstream: plainOf(to), mode: 'http', tls: certificates }),
  },
  {
    proxy: 'haproxy',
    title: 'haproxy with TLS and send-proxy-v2-ssl',
    secure: true,
    config: { ...EXTERNAL, ...PROXY },
    start: (port, to) =>
      startHaproxy({
        port,
        upstream: proxiedOf(to),
        mode: 'tcp',
        tls: certificates,
        server: 'send-proxy-v2-ssl check',
      }),
  },
  {
    proxy: 'haproxy',
    title: 'haproxy that passes TLS through with send-proxy-v2',
    secure: true,
    serverTls: true,
    config: PROXY,
    start: (port, to) => startHaproxy({ port, upstream: proxiedOf(to), mode: 'tcp', server: 'send-proxy-v2 check' }),
  },
  {
    proxy: 'haproxy',
    title: 'haproxy with send-proxy (version 1)',
    secure: false,
    config: PROXY,
    start: (port, to) => startHaproxy({ port, upstream: proxiedOf(to), mode: 'tcp', server: 'send-proxy' }),
  },
];

describe.each(['nginx', 'haproxy'] as const)('behind %s', (proxy) => {
  const own = ARRANGEMENTS.filter((arrangement) => arrangement.proxy === proxy);
  describe.skipIf(!available(proxy, hasProgram(proxy)))('(needs the Debian package)', () => {
    test.each(own)(
      '$title: large content passes, with the right client, realm and Location',
      { timeout: 60_000 },
      check,
    );
  });
});

async function check({ secure, serverTls = false, config, start }: Arrangement): Promise<void> {
  const port = await freePort();
  const publicHost = `127.0.0.1:${port}`;
  server = await startServer({
    config: { SERVER_HOSTNAME: publicHost, TRUSTED_PROXY_CIDR: ['127.0.0.1'], ...config },
    ...(serverTls ? { tls: certificates } : {}),
  });
  const account = await server.initialize();
  front = await start(port, server);
  const origin = `${secure ? 'https' : 'http'}://${publicHost}`;
  const path = { authority: certificates.authority, localAddress: CLIENT };
  const client = new RegistryClient(origin, account, 4, path);
  const repository = `${account.username}/proxied`;
  try {
    const refused = await client.send('GET', `/v2/${repository}/manifests/v1`);
    expect(refused.headers['www-authenticate']).toContain(`realm="${origin}/v2/auth",service="${publicHost}"`);

    const image = makeImage([LAYER]);
    await client.pushImage(repository, 'v1', image);
    const halves = [LAYER.subarray(0, 40 << 20), LAYER.subarray(40 << 20)];
    await client.pushChunks(`${repository}-chunked`, halves);
    expect((await client.manifest(repository, 'v1')).status).toBe(200);
    const pulled = await client.blob(repository, digestOf(LAYER));
    expect([pulled.status, digestOf(pulled.body)]).toEqual([200, digestOf(LAYER)]);

    const opened = await client.call('POST', `/v2/${repository}/blobs/uploads/`);
    // Relative, so that it leads through the proxy whatever that calls itself.
    expect(opened.headers.location).toMatch(new RegExp(`^(?:${origin})?/v2/${repository}/blobs/uploads/`));

    const writes = server.log().filter(({ method }) => method === 'PUT' || method === 'PATCH');
    expect(writes.length).toBeGreaterThanOrEqual(6);
    expect(new Set(writes.map((record) => record['client']))).toEqual(new Set([CLIENT]));
    expect(server.defects()).toEqual([]);
    await server.stop();
    expect(audited(server)).toEqual([
      { kind: 'create_repo', client_address: CLIENT },
      { kind: 'pull_repo', client_address: CLIENT },
      { kind: 'push_repo', client_address: CLIENT },
    ]);
  } finally {
    client.close();
  }
}

/** What was recorded about repositories, and of whom. */
function audited({ dataDirectory }: TestServer): unknown[] {
  const database = new DatabaseSync(join(dataDirectory, 'gantry.db'), { readOnly: true });
  const rows = database
    .prepare(
      `SELECT DISTINCT kind, client_address FROM audit_log
       WHERE kind IN ('create_repo', 'push_repo', 'pull_repo') ORDER BY kind`,
    )
    .all();
  database.close();
  return rows.map((row) => ({ ...row }));
}
