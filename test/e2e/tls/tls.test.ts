import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { makeCertificates } from '../../support/certificates.ts';
import { digestOf, makeImage, RegistryClient } from '../../support/clients.ts';
import { prepareServer, startServer, type TestServer } from '../../support/server.ts';

const ROOT = join(import.meta.dirname, '../../..');
const certificates = makeCertificates();

let server: TestServer | undefined;
afterEach(async () => {
  await server?.dispose();
  server = undefined;
});

describe('a server with a certificate', () => {
  test('serves over TLS, sends plain readers there, refuses plain writers, and answers probes', async () => {
    server = await startServer({ tls: certificates });
    const account = await server.initialize();
    const client = new RegistryClient(server.url, account, 4, { authority: server.authority });
    const image = makeImage();
    await client.pushImage('owner/secure', 'v1', image);
    const pulled = await client.manifest('owner/secure', 'v1');
    expect(digestOf(pulled.body)).toBe(image.digest);
    expect(pulled.headers['strict-transport-security']).toBe('max-age=63072000');
    client.close();

    const plain = new RegistryClient(`http://127.0.0.1:${server.plainPort}`, account);
    const redirected = await plain.send('GET', '/v2/owner/secure/tags/list?n=1');
    expect([redirected.status, redirected.headers.location]).toEqual([
      308,
      `${server.url}/v2/owner/secure/tags/list?n=1`,
    ]);
    const refused = await plain.send('GET', '/v2/', { authorization: plain.basic() ?? null });
    expect([refused.status, refused.body.toString()]).toEqual([403, expect.stringContaining(`use ${server.url}`)]);
    const write = await plain.send('POST', '/v2/owner/secure/blobs/uploads/');
    expect(write.status).toBe(403);
    for (const probe of ['/health/instance', '/status', '/metrics']) {
      expect((await plain.send('GET', probe)).status).toBe(200);
    }
    const metrics = (await plain.send('GET', '/metrics')).body.toString();
    const expires = Number(/^quay_tls_certificate_expires_timestamp_seconds (\S+)$/m.exec(metrics)?.[1]);
    expect(expires * 1000).toBe(new X509Certificate(certificates.certificate).validToDate.getTime());
    plain.close();
    expect(server.defects()).toEqual([]);
  });

  test('takes a renewed certificate while it runs, and keeps the old one when the new pair does not fit', async () => {
    const running = (server = await startServer({ tls: certificates }));
    const renewed = makeCertificates();
    const put = (name: string, text: string): void => writeFileSync(join(running.configDirectory, name), text);
    const reach = async (authority: string): Promise<number> => {
      const client = new RegistryClient(running.url, undefined, 1, { authority });
      return client
        .send('GET', '/health/instance')
        .then(({ status }) => status)
        .finally(() => client.close());
    };
    put('ssl.key', renewed.key);
    await vi.waitFor(
      () => expect(JSON.stringify(running.log())).toContain('The changed TLS certificate is not used'),
      15_000,
    );
    expect(await reach(certificates.authority)).toBe(200);
    put('ssl.cert', renewed.certificate);
    await vi.waitFor(async () => expect(await reach(renewed.authority)).toBe(200), 15_000);
    await expect(reach(certificates.authority)).rejects.toThrow();
  }, 60_000);

  test('is found wanting by config check, with file and remedy', () => {
    const home = mkdtempSync(join(tmpdir(), 'gantry-cert-check-'));
    writeFileSync(join(home, 'config.yaml'), 'SERVER_HOSTNAME: reg.test\n');
    writeFileSync(join(home, 'ssl.cert'), certificates.certificate);
    const check = (...options: string[]): { status: number | null; out: string } => {
      const command = [join(ROOT, 'src/main.ts'), 'config', 'check', join(home, 'config.yaml'), ...options];
      const { status, stdout } = spawnSync(process.execPath, command, { encoding: 'utf8' });
      return { status, out: stdout };
    };
    expect(check()).toEqual({
      status: 1,
      out: expect.stringMatching(/^error: .*but not ".*ssl\.key"; TLS needs both/m),
    });
    writeFileSync(join(home, 'ssl.key'), certificates.key);
    expect(check()).toEqual({ status: 0, out: expect.stringMatching(/^warning: .*does not cover "reg\.test"/m) });
    writeFileSync(join(home, 'config.yaml'), 'SERVER_HOSTNAME: localhost:8443\n');
    expect(check('--online').out).toMatch(/^ok: certificate: .*ssl\.cert fits its key/m);
    rmSync(home, { recursive: true });
  });

  test.each([
    ['a key of another certificate', { key: makeCertificates().key }, /ssl\.key: The private key does not belong/],
    ['a file that is no certificate', { certificate: 'hello' }, /ssl\.cert: The file holds no certificate in PEM form/],
  ])('does not start with %s, and says which file and what to do', async (_name, fault, says) => {
    server = await prepareServer({ tls: { ...certificates, ...fault } });
    await expect(server.start()).rejects.toThrow(says);
  });

  test('starts with one that expired or does not cover its name, and warns of both', async () => {
    const old = makeCertificates(['other.test'], { now: Date.now() - 20 * 86_400_000, days: 5 });
    server = await startServer({ tls: old });
    const log = JSON.stringify(server.log());
    expect(log).toContain('The certificate expired on');
    expect(log).toContain('does not cover \\"127.0.0.1\\"');
  });

  test('leaves TLS to the proxy with EXTERNAL_TLS_TERMINATION', async () => {
    server = await startServer({
      tls: certificates,
      config: { EXTERNAL_TLS_TERMINATION: true, SERVER_HOSTNAME: 'reg.test', PREFERRED_URL_SCHEME: 'https' },
    });
    const plain = new RegistryClient(`http://127.0.0.1:${server.plainPort}`);
    const challenged = await plain.send('GET', '/v2/');
    expect(challenged.headers['www-authenticate']).toContain('realm="https://reg.test/v2/auth"');
    plain.close();
    const client = new RegistryClient(server.url, undefined, 1, { authority: server.authority });
    await expect(client.send('GET', '/v2/')).rejects.toThrow('ECONNREFUSED');
    client.close();
  });
});

describe('FEATURE_LISTEN_IP_VERSION', () => {
  const status = (host: string, port: number): Promise<number | string | undefined> =>
    new Promise((resolve) => {
      const call = request({ host, port, path: '/health/instance', agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      call.on('error', (error: NodeJS.ErrnoException) => resolve(error.code)).end();
    });

  test('IPv4 takes no connections over IPv6', async () => {
    server = await startServer({ config: { FEATURE_LISTEN_IP_VERSION: 'IPv4' } });
    expect(await status('127.0.0.1', server.port)).toBe(200);
    expect(await status('::1', server.port)).toMatch(/^E/);
  });
});

describe('gantry cert', () => {
  const home = mkdtempSync(join(tmpdir(), 'gantry-cert-cli-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const gantry = (...args: string[]): string =>
    execFileSync(process.execPath, [join(ROOT, 'src/main.ts'), 'cert', ...args], { encoding: 'utf8', stdio: 'pipe' });

  test('makes what a server starts with and clients trust, with keys that nobody else can read', async () => {
    const out = join(home, 'made');
    const said = gantry('127.0.0.1', 'reg.test', '--out', out);
    expect(said).toContain('/etc/docker/certs.d/127.0.0.1:8443/ca.crt');
    const read = (name: string): string => readFileSync(join(out, name), 'utf8');
    const mode = (name: string): number => statSync(join(out, name)).mode & 0o777;
    expect(['ssl.key', 'rootCA.key', 'ssl.cert', 'rootCA.pem'].map(mode)).toEqual([0o600, 0o600, 0o644, 0o644]);
    server = await startServer({
      tls: { authority: read('rootCA.pem'), certificate: read('ssl.cert'), key: read('ssl.key') },
    });
    expect(await server.initialize()).toMatchObject({ username: 'owner' });
    expect(server.log().filter(({ msg }) => String(msg).includes('certificate'))).toEqual([]);
  });

  test('overwrites nothing, and signs with the authority that is there', () => {
    const out = join(home, 'renewed');
    gantry('reg.test', '--out', out);
    expect(() => gantry('reg.test', '--out', out)).toThrow(/ssl\.cert" is there already and is not overwritten/);
    const authority = readFileSync(join(out, 'rootCA.pem'), 'utf8');
    for (const name of ['ssl.cert', 'ssl.key']) rmSync(join(out, name));
    gantry('reg.test', '--out', out);
    expect(readFileSync(join(out, 'rootCA.pem'), 'utf8')).toBe(authority);
    expect(readFileSync(join(out, 'ssl.cert'), 'utf8')).toContain(authority);
  });

  test('takes the names of the configuration, and refuses what is no name', () => {
    const config = join(home, 'config.yaml');
    writeFileSync(config, 'SERVER_HOSTNAME: reg.test:8443\nSERVER_HOSTNAMES: ["[::1]:8443"]\n');
    expect(gantry('--config', config)).toContain(`wrote ${join(home, 'ssl.cert')}`);
    expect(() => gantry('not a name', '--out', join(home, 'none'))).toThrow('neither a host name nor an address');
    expect(() => gantry('reg.test', '--days', '9999', '--out', join(home, 'none'))).toThrow('1 to 825');
  });
});
