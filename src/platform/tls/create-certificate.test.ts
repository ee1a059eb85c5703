import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { available, hasProgram } from '../../../test/support/components.ts';
import { createAuthority, createServerCertificate } from './create-certificate.ts';
import { integer, objectIdentifier, partsOf, time } from './write-der.ts';

const NOW = Date.UTC(2030, 0, 15, 12);
const DAY_MS = 86_400_000;
const HOSTS = ['reg.test', '*.reg.test', '192.0.2.7', '2001:db8::7', '::ffff:192.0.2.1'];
const authority = createAuthority('Authority of tests', { now: NOW, days: 3650 });

const home = mkdtempSync(join(tmpdir(), 'gantry-x509-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('a certificate', () => {
  const made = createServerCertificate(HOSTS, authority, { now: NOW, days: 397 });
  const leaf = new X509Certificate(made.certificate);
  const ca = new X509Certificate(authority.certificate);

  test('is for a server with these names, signed by the authority, and for the days that were asked for', () => {
    expect([ca.ca, leaf.ca]).toEqual([true, false]);
    expect([ca.verify(ca.publicKey), leaf.verify(ca.publicKey), leaf.checkIssued(ca)]).toEqual([true, true, true]);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(leaf.validToDate.getTime()).toBe(NOW + 397 * DAY_MS);
    expect(leaf.validFromDate.getTime()).toBeLessThan(NOW);
    for (const host of ['reg.test', 'www.reg.test']) expect(leaf.checkHost(host, { subject: 'never' })).toBeDefined();
    for (const address of ['192.0.2.7', '2001:db8::7', '::ffff:192.0.2.1']) expect(leaf.checkIP(address)).toBeDefined();
    expect(leaf.checkHost('other.test')).toBeUndefined();
  });

  test('is followed by that of the authority, and never like another', () => {
    expect(made.certificate.endsWith(authority.certificate)).toBe(true);
    const again = createServerCertificate(HOSTS, authority, { now: NOW, days: 397 });
    expect(new X509Certificate(again.certificate).serialNumber).not.toBe(leaf.serialNumber);
  });

  test('does not outlive its authority, and is not made with one that expired or with a key of another', () => {
    const short = createAuthority('Short', { now: NOW, days: 10 });
    const limited = createServerCertificate(['a.test'], short, { now: NOW, days: 397 });
    expect(new X509Certificate(limited.certificate).validToDate.getTime()).toBe(NOW + 10 * DAY_MS);
    expect(() => createServerCertificate(['a.test'], short, { now: NOW + 11 * DAY_MS, days: 1 })).toThrow('expired');
    const mixed = { certificate: authority.certificate, key: short.key };
    expect(() => createServerCertificate(['a.test'], mixed, { now: NOW, days: 1 })).toThrow('does not belong');
    expect(() => createServerCertificate(['a.test'], made, { now: NOW, days: 1 })).toThrow('not that of an authority');
  });

  test('serves a TLS client that trusts the authority, and no other', async () => {
    const today = createAuthority('Today', { now: Date.now(), days: 10 });
    const { certificate, key } = createServerCertificate(['localhost'], today, { now: Date.now(), days: 5 });
    const server = createServer({ cert: certificate, key }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const trusting = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: today.certificate });
    await once(trusting, 'secureConnect');
    trusting.destroy();
    const stranger = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.certificate });
    await expect(once(stranger, 'secureConnect')).rejects.toThrow();
    server.close();
  });
});

describe.skipIf(!available('openssl', hasProgram('openssl')))('as openssl sees it', () => {
  const run = (...args: string[]): string =>
    execFileSync('openssl', args, { cwd: home, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  test('a chain made here is in order', () => {
    writeFileSync(join(home, 'ca.pem'), authority.certificate);
    const { certificate } = createServerCertificate(HOSTS, authority, { now: NOW, days: 397 });
    writeFileSync(join(home, 'leaf.pem'), certificate);
    const at = String(Math.floor(NOW / 1000));
    const strict = ['-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'a.reg.test', '-attime', at];
    expect(run('verify', '-CAfile', 'ca.pem', ...strict, 'leaf.pem')).toContain('leaf.pem: OK');
  });

  test.each([
    ['RSA', ['-newkey', 'rsa:2048']],
    ['elliptic', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']],
  ])('an authority that openssl made with an %s key signs too', (_name, kind) => {
    run(
      'req',
      '-x509',
      '-nodes',
      ...kind,
      '-keyout',
      'root.key',
      '-out',
      'root.pem',
      '-days',
      '30',
      '-subj',
      '/C=DE/O=Ünternehmen/CN=Root',
      '-utf8',
    );
    const root = {
      certificate: readFileSync(join(home, 'root.pem'), 'utf8'),
      key: readFileSync(join(home, 'root.key'), 'utf8'),
    };
    writeFileSync(
      join(home, 'signed.pem'),
      createServerCertificate(['reg.test'], root, { now: Date.now(), days: 9 }).certificate,
    );
    expect(run('verify', '-CAfile', 'root.pem', 'signed.pem')).toContain('signed.pem: OK');
  });
});

describe('the encoding', () => {
  test('of numbers is the shortest and never negative', () => {
    expect(integer(Buffer.from([0, 0, 0x80]))).toEqual(Buffer.from([2, 2, 0, 0x80]));
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n }), (value) => {
        const hex = value.toString(16);
        const encoded = integer(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'));
        expect(BigInt(`0x${encoded.subarray(2).toString('hex')}`)).toBe(value);
        expect(encoded[2]).toBeLessThan(0x80);
        if (encoded.length > 3 && encoded[2] === 0) expect(encoded[3]).toBeGreaterThanOrEqual(0x80);
      }),
    );
  });

  test('of identifiers and times is that of the standards', () => {
    expect(objectIdentifier('1.2.840.113549.1.1.11').toString('hex')).toBe('06092a864886f70d01010b');
    expect(time(new Date('2049-12-31T23:59:59Z')).subarray(2).toString()).toBe('491231235959Z');
    expect(time(new Date('2050-01-01T00:00:00Z')).subarray(2).toString()).toBe('20500101000000Z');
  });

  test('is taken apart again, and of anything else no more than is there', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const total = partsOf(bytes).reduce((sum, part) => sum + part.length, 0);
        expect(total).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
