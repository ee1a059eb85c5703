import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificates } from '../../support/certificates.ts';
import { findPostgresPrograms, type PrivatePostgres, startPrivatePostgres } from '../../support/private-postgres.ts';
import { prepareServer } from '../../support/server.ts';

describe.skipIf(findPostgresPrograms() === undefined)('a database whose certificate is of an own authority', () => {
  const made = makeCertificates(['localhost']);
  let database: PrivatePostgres;
  beforeAll(async () => {
    database = await startPrivatePostgres({
      settings: { ssl: 'on' },
      files: { 'server.crt': made.certificate, 'server.key': made.key },
      access: ['local all all trust', 'host all all all trust'],
    });
  });
  afterAll(() => database.dispose());

  test('is trusted once the authority stands in extra_ca_certs, and not before', { timeout: 60_000 }, async () => {
    const DB_URI = `postgresql://gantry@localhost:${database.port}/postgres`;
    const server = await prepareServer({ config: { DB_URI, DB_CONNECTION_ARGS: { sslmode: 'verify-full' } } });
    try {
      await expect(server.start()).rejects.toThrow(/cannot be relied on/);
      mkdirSync(join(server.configDirectory, 'extra_ca_certs'));
      writeFileSync(join(server.configDirectory, 'extra_ca_certs/database.crt'), made.authority);
      await server.start();
      expect(await server.stop()).toBe(0);
    } finally {
      await server.dispose();
    }
  });
});
