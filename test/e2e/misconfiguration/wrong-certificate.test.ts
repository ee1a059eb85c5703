import { createPrivateKey } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { makeCertificates } from '../../support/certificates.ts';
import {
  expectNothingMade,
  expectRefusal,
  makePlace,
  removePlaces,
  runGantry,
  startWrongly,
  writeConfig,
} from './refused-start.ts';

const DAY_MS = 86_400_000;
const HOST = 'registry.test';
const CONFIG = `SERVER_HOSTNAME: ${HOST}\n`;

afterAll(removePlaces);

const good = makeCertificates([HOST]);
const encrypted = createPrivateKey(good.key)
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  .toString();

const UNUSABLE: Readonly<Record<string, { readonly files: Readonly<Record<string, string>>; says: RegExp }>> = {
  'a certificate without its key': {
    files: { 'ssl.cert': good.certificate },
    says: /but not ".*ssl\.key"; TLS needs both/,
  },
  'a key without its certificate': { files: { 'ssl.key': good.key }, says: /but not ".*ssl\.cert"; TLS needs both/ },
  'a file that is no certificate': {
    files: { 'ssl.cert': 'hello', 'ssl.key': good.key },
    says: /ssl\.cert: The file holds no certificate in PEM form; it must begin with/,
  },
  'a damaged certificate': {
    files: { 'ssl.cert': good.certificate.replace(/\n.{40}/, '\n'), 'ssl.key': good.key },
    says: /ssl\.cert: Certificate 1 of the file is damaged; copy the file again/,
  },
  'the key of another certificate': {
    files: { 'ssl.cert': good.certificate, 'ssl.key': makeCertificates([HOST]).key },
    says: /ssl\.key: The private key does not belong to the certificate .*; use the key/,
  },
  'certificate and key swapped': {
    files: { 'ssl.cert': good.key, 'ssl.key': good.certificate },
    says: /ssl\.cert: .*are ssl\.cert and ssl\.key swapped\?/,
  },
  'a key with a pass phrase': {
    files: { 'ssl.cert': good.certificate, 'ssl.key': encrypted },
    says: /ssl\.key: The private key has a pass phrase; remove it with "openssl pkey/,
  },
};

describe.each(Object.entries(UNUSABLE))('%s', (_name, { files, says }) => {
  test('stops the start', async () => {
    const place = makePlace();
    writeConfig(place, { 'config.yaml': CONFIG, ...files });
    expectRefusal(await startWrongly(place), [says]);
  });
});

describe('config check --online', () => {
  const check = async (files: Readonly<Record<string, string>>, config = CONFIG) => {
    const place = makePlace();
    writeConfig(place, { 'config.yaml': config, ...files });
    const ending = await runGantry(['config', 'check', place.configFile, '--online', '--data', place.data]);
    expectNothingMade(place);
    return ending;
  };
  const filesOf = ({ certificate, key }: { certificate: string; key: string }) => ({
    'ssl.cert': certificate,
    'ssl.key': key,
  });

  test('says that a certificate will do', async () => {
    const { status, out } = await check(filesOf(good));
    expect(out).toMatch(/^ok: certificate: .*ssl\.cert fits its key, is in its time, and covers registry\.test$/m);
    expect(status, out).toBe(0);
  });

  test.each([
    [
      'expired',
      makeCertificates([HOST], { now: Date.now() - 20 * DAY_MS, days: 10 }),
      /expired on .*; clients refuse it\. Put a new/,
    ],
    [
      'for another name',
      makeCertificates(['other.test']),
      /does not cover "registry\.test" of SERVER_HOSTNAME: .*other\.test/,
    ],
  ])('fails for one that is %s', async (_name, certificate, says) => {
    const { status, out } = await check(filesOf(certificate));
    expect(out).toMatch(new RegExp(`^error: certificate: .*ssl\\.cert: The certificate ${says.source}`, 'm'));
    expect(status).toBe(1);
  });

  test('speaks of the end that is near, and goes on', async () => {
    const { status, out } = await check(filesOf(makeCertificates([HOST], { now: Date.now() - DAY_MS, days: 10 })));
    expect(out).toMatch(/^ok: certificate: .* expires on .*; put a new one in its place before/m);
    expect(status, out).toBe(0);
  });

  test('tells of what it does not try, and why', async () => {
    const config = `${CONFIG}EXTERNAL_TLS_TERMINATION: true\nSECURITY_SCANNER_V4_ENDPOINT: http://clair:8080\n`;
    const { status, out } = await check({}, config);
    expect(out).toMatch(/^note: certificate: EXTERNAL_TLS_TERMINATION says that a proxy in front has it$/m);
    expect(out).toMatch(/^note: mail: MAIL_SERVER names no server, or FEATURE_MAILING is off$/m);
    expect(out).toMatch(/^note: scanner: SECURITY_SCANNER_V4_ENDPOINT names a Clair, which is not built/m);
    expect(status, out).toBe(0);
  });
});
