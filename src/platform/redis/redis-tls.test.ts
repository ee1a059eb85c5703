import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasRedis, startRedis, type TestRedis } from '../../../test/support/redis-server.ts';
import { freePort } from '../../../test/support/server.ts';
import { redisConfig } from './config.ts';
import { checkRedis } from './index.ts';

describe.skipIf(!hasRedis)('a Redis that asks for TLS and a client certificate', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-redis-tls-'));
  const file = (name: string) => join(directory, name);
  let server: TestRedis;
  let port: number;

  beforeAll(async () => {
    for (const name of ['own', 'other']) {
      const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
      const into = ['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`), '-days', '2'];
      const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
      execFileSync('openssl', ['req', '-x509', '-nodes', ...kind, ...into, ...subject], { stdio: 'ignore' });
      chmodSync(file(`${name}.key`), 0o600);
    }
    port = await freePort();
    const own = [
      '--tls-cert-file',
      file('own.crt'),
      '--tls-key-file',
      file('own.key'),
      '--tls-ca-cert-file',
      file('own.crt'),
    ];
    server = await startRedis('--tls-port', String(port), ...own);
  });
  afterAll(async () => {
    await server.dispose();
    rmSync(directory, { recursive: true });
  });

  const check = (fields: object) => {
    const address = redisConfig.USER_EVENTS_REDIS.schema.parse({ host: '127.0.0.1', port, ssl: true, ...fields });
    return checkRedis({ key: 'USER_EVENTS_REDIS', address });
  };
  const client = { ssl_certfile: file('own.crt'), ssl_keyfile: file('own.key') };

  test('is reached with its authority and a certificate', async () => {
    expect(await check({ ...client, ssl_ca_certs: file('own.crt') })).toBeUndefined();
  });

  test('is not trusted by another authority, unless that is asked for', async () => {
    expect(await check({ ...client, ssl_ca_certs: file('other.crt') })).toMatch(
      /cannot be reached over TLS: .*; check the ssl fields of USER_EVENTS_REDIS/,
    );
    expect(await check({ ...client, ssl_cert_reqs: 'none' })).toBeUndefined();
  });

  test('refuses who has no certificate', async () => {
    expect(await check({ ssl_ca_certs: file('own.crt') })).toContain('USER_EVENTS_REDIS');
  });
});
