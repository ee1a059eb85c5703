import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeCertificates } from '../../../test/support/certificates.ts';
import { createFakeClock, type FakeClock } from '../../../test/support/fake-clock.ts';
import { startHttp } from '../../../test/support/http.ts';
import { createLogger } from '../log/index.ts';
import { createGuardedFetch } from '../net/index.ts';
import { trustAuthorities, type TrustedAuthorities } from './trust-authorities.ts';
import { LOOK_EVERY_MS } from './watch-files.ts';

const made = makeCertificates();

let directory: string;
let clock: FakeClock;
let lines: string[];
let trust: TrustedAuthorities | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gantry-trust-'));
  clock = createFakeClock();
  lines = [];
});
afterEach(() => {
  trust?.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(): Promise<TrustedAuthorities> {
  const log = createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } });
  trust = await trustAuthorities({ directory, clock, log });
  return trust;
}

function put(path: string, content: string | Buffer): void {
  mkdirSync(join(directory, path, '..'), { recursive: true });
  writeFileSync(join(directory, path), content);
}

async function look(times: number): Promise<void> {
  for (let index = 0; index < times; index++) {
    clock.advance(LOOK_EVERY_MS);
    await vi.waitFor(() => expect(clock.pending).toBeGreaterThanOrEqual(1));
  }
}

describe('own authorities', () => {
  test.each([
    'extra_ca_certs/storage.crt',
    'extra_ca_certs/storage.pem',
    'extra_ca_certs',
    'extra_ca_certs_storage',
    'extra_ca_certs_storage.crt',
    'custom-cert.crt',
  ])('are found at %s', async (path) => {
    put(path, `# a comment\n${made.authority}`);
    expect((await start()).certificates()).toEqual([made.authority]);
  });

  test('may be many in a file, or in DER', async () => {
    const [second, third] = [makeCertificates().authority, makeCertificates().authority];
    put('extra_ca_certs/bundle.crt', made.authority + second);
    put('extra_ca_certs/one.cer', new X509Certificate(third).raw);
    expect(new Set((await start()).certificates())).toEqual(new Set([made.authority, second, third]));
  });

  test('are not the other files of the directory', async () => {
    for (const name of ['ssl.cert', 'ssl.key', 'rootCA.pem', 'ldap.crt', '.hidden.crt']) put(name, made.authority);
    expect((await start()).certificates()).toEqual([]);
  });

  test('of files that hold none are left out, with a line that names the file', async () => {
    put('extra_ca_certs/bad.crt', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    put('extra_ca_certs/readme', 'nothing');
    put('extra_ca_certs/good.crt', made.authority);
    expect((await start()).certificates()).toEqual([made.authority]);
    expect(lines.join('')).toMatch(/bad\.crt[^]*must end in \.crt/);
  });

  test('are trusted by outgoing requests as soon as their file is there, and no longer when it is gone', async () => {
    const tls = { current: () => ({ cert: made.certificate, key: made.key }), subscribe: () => () => undefined };
    await using server = await startHttp({
      mounts: [{ prefix: '/', errors: 'quay', handler: ({ res }) => void res.end('served') }],
      listen: { tls },
    });
    const authorities = await start();
    const outgoing = createGuardedFetch({ allowPrivate: true, caCertificates: () => authorities.certificates() });
    const ask = async (): Promise<string> => (await outgoing.fetch(server.url)).text();
    await expect(ask()).rejects.toThrow();
    put('extra_ca_certs/own.crt', made.authority);
    await look(2);
    expect(await ask()).toBe('served');
    // What knows nothing of all this: the runtime's own clients.
    expect(await (await fetch(server.url)).text()).toBe('served');
    rmSync(join(directory, 'extra_ca_certs/own.crt'));
    await look(2);
    await expect(ask()).rejects.toThrow();
    outgoing.close();
  });

  test('leave the built-in ones as they were', async () => {
    const before = getCACertificates('default').length;
    put('own.crt', made.authority);
    const authorities = await start();
    expect(getCACertificates('default')).toHaveLength(before + 1);
    authorities.close();
    expect(getCACertificates('default')).toHaveLength(before);
  });
});
