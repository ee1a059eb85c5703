import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeCertificates } from '../../../test/support/certificates.ts';
import { available, hasProgram } from '../../../test/support/components.ts';
import { checkCertificate } from './check-certificate.ts';
import { pemBlocks } from './read-pem.ts';

const DAY_MS = 86_400_000;
const NOW = Date.now();
const good = makeCertificates(['reg.test', '192.0.2.1', '::1']);
const other = makeCertificates(['reg.test']);

/** What is said about a pair, in one text. */
function verdict(certificate: string, key: string, hosts: readonly string[] = ['reg.test'], now = NOW): string {
  const files = { certificate: { path: 'ssl.cert', text: certificate }, key: { path: 'ssl.key', text: key } };
  return checkCertificate(files, { hosts, now })
    .map(({ severity, path, message }) => `${severity} ${path}: ${message}`)
    .join('\n');
}

describe('a certificate and its key', () => {
  test('that fit each other and the names are accepted', () => {
    expect(verdict(good.certificate, good.key, ['reg.test:8443', '192.0.2.1', '[::1]:8443'])).toBe('');
  });

  const der = (pem: string): string => new X509Certificate(pem).raw.toString('latin1');
  const encrypted = createPrivateKey(good.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const issuer = good.authority;
  test.each([
    [
      'that are swapped',
      good.key,
      good.certificate,
      'error ssl.cert: The file holds a private key and no certificate; are ssl.cert and ssl.key swapped?',
    ],
    ['of which one is no PEM', 'hello', good.key, 'error ssl.cert: The file holds no certificate in PEM form'],
    ['in DER', der(good.certificate), good.key, 'openssl x509 -inform der'],
    [
      'of which one is damaged',
      good.certificate.replace(/\nMII/, '\nMIA'),
      good.key,
      'error ssl.cert: Certificate 1 of the file is damaged',
    ],
    [
      'whose key is another',
      good.certificate,
      other.key,
      'error ssl.key: The private key does not belong to the certificate in ssl.cert',
    ],
    [
      'whose key has a pass phrase',
      good.certificate,
      encrypted.toString(),
      'error ssl.key: The private key has a pass phrase; remove it with "openssl pkey',
    ],
    [
      'whose key is damaged',
      good.certificate,
      good.key.replace(/\nM/, '\nX'),
      'error ssl.key: The private key is damaged',
    ],
    ['whose key is missing in its file', good.certificate, '', 'error ssl.key: The file holds no private key'],
    [
      'where the issuer stands first',
      issuer + good.certificate,
      good.key,
      "error ssl.cert: The server's own certificate must stand first",
    ],
  ])('%s are refused with the file and the remedy', (_name, certificate, key, expected) => {
    expect(verdict(certificate, key)).toContain(expected);
  });

  test('that are out of their time are warned of, and a month before already', () => {
    const leaf = new X509Certificate(good.certificate);
    const end = leaf.validToDate.getTime();
    expect(verdict(good.certificate, good.key, [], end)).toMatch(
      /^warning ssl.cert: The certificate expired on \d{4}-\d\d-\d\d; /,
    );
    expect(verdict(good.certificate, good.key, [], end - 29 * DAY_MS)).toContain('expires on');
    expect(verdict(good.certificate, good.key, [], end - 31 * DAY_MS)).toBe('');
    expect(verdict(good.certificate, good.key, [], leaf.validFromDate.getTime() - 1)).toContain('only valid from');
  });

  test('that do not cover a configured name are warned of with the names that they cover', () => {
    const said = verdict(good.certificate, good.key, ['reg.test', 'www.reg.test:443', '192.0.2.2']);
    expect(said).toContain('does not cover "www.reg.test"');
    expect(said).toContain('does not cover "192.0.2.2"');
    expect(said).toContain('DNS:reg.test');
    expect(said.split('\n')).toHaveLength(2);
    const wildcard = makeCertificates(['*.reg.test']);
    expect(verdict(wildcard.certificate, wildcard.key, ['www.reg.test'])).toBe('');
    expect(verdict(wildcard.certificate, wildcard.key, ['reg.test'])).toContain('does not cover');
  });
});

describe.skipIf(!available('openssl', hasProgram('openssl')))('a certificate made by openssl', () => {
  const openssl = (args: readonly string[]): { certificate: string; key: string } => {
    const home = mkdtempSync(join(tmpdir(), 'gantry-openssl-'));
    const [key, certificate] = [join(home, 'key'), join(home, 'cert')];
    execFileSync('openssl', ['req', '-x509', '-nodes', '-keyout', key, '-out', certificate, '-days', '90', ...args], {
      stdio: 'ignore',
    });
    const made = { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
    rmSync(home, { recursive: true });
    return made;
  };

  test('with a common name alone is warned of, because container clients ignore that', () => {
    const { certificate, key } = openssl([
      '-newkey',
      'rsa:2048',
      '-subj',
      '/CN=reg.test',
      '-addext',
      'basicConstraints=CA:FALSE',
    ]);
    expect(verdict(certificate, key)).toContain(
      'no subject alternative names, and container clients ignore the common name',
    );
  });

  test('with too short a key is refused', () => {
    const { certificate, key } = openssl([
      '-newkey',
      'rsa:512',
      '-subj',
      '/CN=reg.test',
      '-addext',
      'subjectAltName=DNS:reg.test',
    ]);
    expect(verdict(certificate, key)).toMatch(/error ssl.cert: .* cannot be used: .*at least 2048 bits/);
  });
});

test('a key in the form of old versions of openssl is taken', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const old = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  expect(verdict(good.certificate, old)).toContain('does not belong');
});

test('the parts of a PEM text are found whatever stands between, and anything may be read', () => {
  const word = fc.string({ maxLength: 60 }).filter((text) => !text.includes('-----'));
  fc.assert(
    fc.property(fc.array(word), (between) => {
      const text = between.map((noise) => `${noise}\n${good.authority}`).join('');
      expect(pemBlocks(text).map((block) => block.text)).toEqual(between.map(() => good.authority));
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void pemBlocks(`-----BEGIN ${text}`)));
});

test('a megabyte of beginnings without an end is read in no time', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'gantry-pem-')), 'ssl.cert');
  writeFileSync(file, '-----BEGIN CERTIFICATE-----\n'.repeat(37_000));
  expect(pemBlocks(readFileSync(file, 'utf8'))).toEqual([]);
});
