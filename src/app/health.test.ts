import { tmpdir } from 'node:os';
import { describe, expect, inject, test } from 'vitest';
import { createTestDatabase, describeOnBothDatabases } from '../../test/support/databases.ts';
import { createFakeClock } from '../../test/support/fake-clock.ts';
import { get } from '../../test/support/get.ts';
import { startHttp } from '../../test/support/http.ts';
import { createPostgresDatabase, type Database } from '../platform/db/index.ts';
import type { StorageEngine } from '../storage/index.ts';
import { createMemoryStorage } from '../storage/testing/memory-storage.ts';
import { createHealthHandler } from './health.ts';
import { MIGRATIONS } from './migrations.ts';
import { createServiceProbes } from './service-probes.ts';

interface Circumstances {
  readonly db: Database;
  readonly storage?: StorageEngine;
  readonly thresholds?: { readonly warning: number; readonly failing: number };
  readonly draining?: boolean;
  readonly debugSecret?: string;
  readonly instanceSkips?: readonly string[];
  readonly migrations?: readonly string[];
  readonly signingKey?: () => Promise<{ readonly kid: string }>;
}

interface Report {
  readonly data: Readonly<Record<string, unknown>> & { readonly services: Readonly<Record<string, boolean>> };
  readonly status_code: number;
}

async function startHealth(about: Circumstances) {
  const clock = createFakeClock();
  const probes = createServiceProbes({
    db: about.db,
    storage: about.storage ?? createMemoryStorage(),
    signingKey: about.signingKey ?? (() => Promise.resolve({ kid: 'key-1' })),
    clock,
    migrations: about.migrations ?? MIGRATIONS.map(({ name }) => name),
    places: new Map([['data', tmpdir()]]),
    thresholds: about.thresholds ?? { warning: 0, failing: 0 },
  });
  const handler = createHealthHandler({
    probes,
    draining: () => about.draining ?? false,
    debugSecret: about.debugSecret,
    instanceSkips: about.instanceSkips ?? ['redis', 'storage'],
    redis: undefined,
  });
  const server = await startHttp({
    mounts: [
      { prefix: '/health', errors: 'quay', handler },
      { prefix: '/status', errors: 'quay', handler },
    ],
  });
  return {
    clock,
    logLines: () => server.logLines(),
    [Symbol.asyncDispose]: () => server.close(),
    /** Asks as a stranger unless told otherwise. */
    async ask(path: string, headers: Record<string, string> = { host: 'registry.example' }) {
      const { status, body } = await get(server.url + path, headers);
      return { status, body, report: JSON.parse(body) as Report };
    },
  };
}

/** A storage that fails like one whose disk is gone. */
function brokenStorage(): StorageEngine {
  const fail = () => Promise.reject(new Error('no such disk'));
  const engine = createMemoryStorage();
  return {
    ...engine,
    uploads: { ...engine.uploads, append: fail, discard: fail },
    blobs: { ...engine.blobs, stat: fail },
  };
}

describeOnBothDatabases('health', (database) => {
  test('has Quay’s services, and 200 at every address when all is well', async () => {
    await using health = await startHealth({ db: database().db });
    for (const path of ['/health', '/health/instance']) {
      const { status, report } = await health.ask(path);
      expect([status, report.status_code]).toEqual([200, 200]);
      expect(report.data).toEqual({
        is_testing: false,
        services: {
          registry_gunicorn: true,
          web_gunicorn: true,
          auth: true,
          database: true,
          disk_space: true,
          service_key: true,
          redis: true,
          storage: true,
        },
      });
    }
    for (const path of ['/health/endtoend', '/health/endoend', '/status']) {
      const { status, report } = await health.ask(path);
      expect([path, status, report.data['is_testing']]).toEqual([path, 200, false]);
      expect(report.data.services).toMatchObject({ database: true, redis: true, storage: true, auth: true });
    }
    expect((await health.ask('/health/warning')).report.data.services).toEqual({ disk_space_warning: true });
    expect((await health.ask('/health/dbrevision')).report.data.services).toEqual({ database_revision: true });
  });

  test('is 503 on a database that lacks steps of the schema', async () => {
    await using health = await startHealth({ db: database().db, migrations: ['0001_queue_jobs', '9999_missing'] });
    const { status, report } = await health.ask('/health/dbrevision', {});
    expect(status).toBe(503);
    expect(JSON.stringify(report.data['details'])).toContain('9999_missing');
  });
});

const withoutPostgres = 'missing' in inject('postgres');

describe.each(['sqlite', 'postgres'] as const)('a database that has gone (%s)', (dialect) => {
  test.skipIf(dialect === 'postgres' && withoutPostgres)(
    'is 503 within the limit, told in detail to this machine only',
    async () => {
      const { db, drop } = await createTestDatabase(dialect);
      await drop();
      await using health = await startHealth({ db });
      for (const path of ['/health/instance', '/health/endtoend']) {
        const { status, report, body } = await health.ask(path);
        expect([status, report.data.services['database'], report.data.services['disk_space'] ?? true]).toEqual([
          503,
          false,
          true,
        ]);
        expect(Object.keys(report.data).toSorted()).toEqual(['is_testing', 'services']);
        expect(body).not.toMatch(/version|host/);
      }
      const local = await health.ask('/health/instance', {});
      expect(local.report.data).toMatchObject({
        details: { service_key: 'signs with key-1' },
        hostname: expect.any(String),
      });
    },
  );
});

describe.skipIf(withoutPostgres)('a database that takes no changes (postgres)', () => {
  test('is well enough for an instance, and not end to end', async () => {
    const { uri, drop } = await createTestDatabase('postgres');
    const standby = `${uri}?options=-c%20default_transaction_read_only%3Don`;
    const readOnly = await createPostgresDatabase({ uri: standby, migrations: MIGRATIONS });
    await using health = await startHealth({ db: readOnly });
    expect((await health.ask('/health/instance')).status).toBe(200);
    const { status, report } = await health.ask('/health/endtoend', {});
    expect([status, report.data.services['database'], report.data.services['storage']]).toEqual([503, false, true]);
    expect(JSON.stringify(report.data['details'])).toContain('no changes');
    await readOnly.close();
    await drop();
  });
});

describe('what decides', () => {
  test('a disk that is nearly full is a failure at one threshold and a warning at another', async () => {
    const { db, drop } = await createTestDatabase('sqlite');
    // Nothing has all of its disk free.
    await using warned = await startHealth({ db, thresholds: { warning: 1, failing: 0 } });
    expect((await warned.ask('/health/instance')).status).toBe(200);
    expect((await warned.ask('/health/warning')).status).toBe(503);
    await using full = await startHealth({ db, thresholds: { warning: 1, failing: 1 } });
    const { status, report } = await full.ask('/health/instance', {});
    expect([status, report.data.services['disk_space']]).toEqual([503, false]);
    expect(JSON.stringify(report.data['details'])).toMatch(/make room: data: [\d.]+ % free of [\d.]+ GiB/);
    await drop();
  });

  test('a broken storage fails end to end, and for an instance where it is told to count', async () => {
    const { db, drop } = await createTestDatabase('sqlite');
    await using health = await startHealth({ db, storage: brokenStorage() });
    const instance = await health.ask('/health/instance');
    expect([instance.status, instance.report.data.services['storage']]).toEqual([200, false]);
    expect((await health.ask('/health/endtoend')).status).toBe(503);
    await using strict = await startHealth({ db, storage: brokenStorage(), instanceSkips: ['redis'] });
    expect((await strict.ask('/health/instance')).status).toBe(503);
    await drop();
  });

  test('a signing key that is still being made is no fault, one that cannot be made is', async () => {
    const { db, drop } = await createTestDatabase('sqlite');
    const making = Promise.withResolvers<{ kid: string }>();
    await using health = await startHealth({ db, signingKey: () => making.promise });
    expect((await health.ask('/health/instance')).status).toBe(200);
    making.reject(new Error('another DATABASE_SECRET_KEY'));
    const { status, report } = await health.ask('/health/instance', {});
    expect([status, report.data.services['service_key']]).toEqual([503, false]);
    expect(JSON.stringify(report.data['details'])).toContain('another DATABASE_SECRET_KEY');
    await drop();
  });

  test('a server on its way out is not healthy', async () => {
    const { db, drop } = await createTestDatabase('sqlite');
    await using health = await startHealth({ db, draining: true });
    expect((await health.ask('/health/instance')).report.data.services).toMatchObject({
      registry_gunicorn: false,
      web_gunicorn: false,
      database: true,
    });
    expect((await health.ask('/health/endtoend')).status).toBe(503);
    await drop();
  });

  test('a flood of questions is one question a second to the storage', async () => {
    const { db, drop } = await createTestDatabase('sqlite');
    const engine = createMemoryStorage();
    let uploads = 0;
    const counting: StorageEngine = {
      ...engine,
      uploads: { ...engine.uploads, append: (...args) => (uploads++, engine.uploads.append(...args)) },
    };
    await using health = await startHealth({ db, storage: counting });
    await Promise.all(Array.from({ length: 50 }, () => health.ask('/health/endtoend')));
    expect(uploads).toBe(1);
    health.clock.advance(60_000);
    await health.ask('/health/endtoend');
    expect(uploads).toBe(2);
    await drop();
  });
});

describe('the debug secret', () => {
  const debugSecret = 'let me/see it all';

  test('opens the details for the request that has it, and stands in no log', async () => {
    const { db, drop } = await createTestDatabase('sqlite');
    await using health = await startHealth({ db, debugSecret });
    const path = `/health/enabledebug/${encodeURIComponent(debugSecret)}`;
    const { status, report } = await health.ask(path);
    expect(status).toBe(200);
    expect(report.data).toMatchObject({
      details: { storage: 'writes, reads and removes' },
      version: expect.any(String),
    });
    // It opens nothing for the next request.
    expect(Object.keys((await health.ask('/health')).report.data)).not.toContain('details');
    expect((await health.ask('/health/enabledebug/wrong')).status).toBe(404);
    expect(JSON.stringify(health.logLines())).not.toMatch(/let.{1,3}me|wrong/);
    await drop();
  });

  test('may be sent as a Bearer token', async () => {
    const { db, drop } = await createTestDatabase('sqlite');
    await using health = await startHealth({ db, debugSecret: 's3cret' });
    const asked = (token: string) =>
      health.ask('/health/instance', { host: 'registry.example', authorization: `Bearer ${token}` });
    expect((await asked('s3cret')).report.data).toHaveProperty('details');
    expect((await asked('s3cre')).report.data).not.toHaveProperty('details');
    await drop();
  });

  test('that is not configured is no secret', async () => {
    const { db, drop } = await createTestDatabase('sqlite');
    await using health = await startHealth({ db });
    for (const guess of ['', 'undefined', 'null']) {
      expect((await health.ask(`/health/enabledebug/${guess}`)).status).toBe(404);
    }
    await drop();
  });
});
