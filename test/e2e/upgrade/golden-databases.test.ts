import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { MIGRATIONS } from '../../../src/app/migrations.ts';
import {
  createPostgresDatabase,
  createSqliteDatabase,
  type MigrationProgress,
} from '../../../src/platform/db/index.ts';
import { digestOf, makeImage, RegistryClient } from '../../support/clients.ts';
import { createPostgresTestUri } from '../../support/databases.ts';
import { prepareServer, type TestServer } from '../../support/server.ts';

interface Expected {
  readonly secretKey: string;
  readonly username: string;
  readonly password: string;
  readonly accessToken: string;
  readonly repository: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly subject: { readonly digest: string; readonly referrers: number };
}

/** A database of an earlier version, or an empty one. */
interface Restored {
  readonly config: Readonly<Record<string, unknown>>;
  readonly dataDirectory: string;
  migrate(onMigration?: (progress: MigrationProgress) => void): Promise<void>;
  execute(statement: string): Promise<void>;
  /** Every table with its columns and indexes, as text. */
  schema(): Promise<string[]>;
}

const GOLDEN = join(import.meta.dirname, '../../golden');

const versions = readdirSync(GOLDEN, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

function fileOf(version: string, dialect: string, kind: 'sql' | 'json'): string {
  return readFileSync(join(GOLDEN, version, `${dialect}.${kind}`), 'utf8');
}

function restoreSqlite(sql: string): Restored {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'gantry-golden-'));
  cleanUps.push(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const file = join(dataDirectory, 'gantry.db');
  const on = <R>(work: (database: DatabaseSync) => R): R => {
    const database = new DatabaseSync(file);
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  on((database) => database.exec(sql));
  return {
    config: {},
    dataDirectory,
    async migrate(onMigration) {
      await (await createSqliteDatabase({ file, migrations: MIGRATIONS, onMigration })).close();
    },
    execute: (statement) => Promise.resolve(on((database) => database.exec(statement))),
    schema: () =>
      Promise.resolve(
        on((database) =>
          database
            .prepare(
              `SELECT m.type || ' ' || m.name || ' ' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || coalesce(c.dflt_value, '') AS line
               FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.name NOT LIKE 'sqlite_%'
               UNION SELECT 'index ' || name || ' ' || coalesce(sql, '') FROM sqlite_master WHERE type = 'index' ORDER BY 1`,
            )
            .all()
            .map(({ line }) => String(line)),
        ),
      ),
  };
}

async function restorePostgres(sql: string): Promise<Restored> {
  const { uri, drop } = await createPostgresTestUri();
  const dataDirectory = mkdtempSync(join(tmpdir(), 'gantry-golden-'));
  cleanUps.push(drop, () => rmSync(dataDirectory, { recursive: true, force: true }));
  const on = async (statement: string): Promise<pg.QueryResult> => {
    const client = new pg.Client({ connectionString: uri });
    await client.connect();
    try {
      return await client.query(statement);
    } finally {
      await client.end();
    }
  };
  if (sql !== '') await on(sql);
  return {
    config: { DB_URI: uri },
    dataDirectory,
    async migrate(onMigration) {
      await (await createPostgresDatabase({ uri, migrations: MIGRATIONS, onMigration })).close();
    },
    execute: async (statement) => void (await on(statement)),
    async schema() {
      const { rows } = await on(
        `SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default, collation_name, is_identity) AS line
           FROM information_schema.columns WHERE table_schema = 'public'
         UNION SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
         UNION SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
           WHERE connamespace = 'public'::regnamespace ORDER BY 1`,
      );
      return rows.map((row: { line: string }) => row.line);
    },
  };
}

async function startOn(database: Restored, secretKey: string): Promise<TestServer> {
  const server = await prepareServer({
    dataDirectory: database.dataDirectory,
    config: { ...database.config, DATABASE_SECRET_KEY: secretKey },
  });
  cleanUps.push(() => server.dispose());
  return server;
}

it('there is a golden database of each earlier version', () => {
  expect(versions).toContain('0.1.0');
});

describe.each(['sqlite', 'postgres'] as const)('golden databases (%s)', (dialect) => {
  const test = it.skipIf(dialect === 'postgres' && 'missing' in inject('postgres'));
  const restore = (sql: string) => (dialect === 'sqlite' ? restoreSqlite(sql) : restorePostgres(sql));

  describe.each(versions)('of version %s', (version) => {
    const expected = JSON.parse(fileOf(version, dialect, 'json')) as Expected;

    test('become what a new database is, step by step', async () => {
      const [old, fresh] = [await restore(fileOf(version, dialect, 'sql')), await restore('')];
      const progress: MigrationProgress[] = [];
      await old.migrate((step) => progress.push(step));
      await fresh.migrate();
      expect(await old.schema()).toEqual(await fresh.schema());
      expect(progress.map(({ done }) => done)).toEqual(progress.map((_, index) => index));
      expect(progress.every(({ total }) => total === progress.length)).toBe(true);
    });

    test('serve what was in them, and take what is new', async () => {
      const server = await startOn(await restore(fileOf(version, dialect, 'sql')), expected.secretKey);
      await server.start();
      const client = new RegistryClient(server.url, expected);
      cleanUps.push(() => client.close());
      const { repository, tags, subject } = expected;
      for (const [tag, digest] of Object.entries(tags)) {
        expect(digestOf((await client.manifest(repository, tag)).body)).toBe(digest);
      }
      expect((await client.tags(repository)).toSorted()).toEqual(Object.keys(tags).toSorted());
      const referrers = await client.call('GET', `/v2/${repository}/referrers/${subject.digest}`);
      expect((JSON.parse(referrers.body.toString()) as { manifests: unknown[] }).manifests).toHaveLength(
        subject.referrers,
      );
      expect((await client.manifest(repository, 'gone')).status).toBe(404);
      const image = makeImage();
      await client.pushImage(repository, 'new', image);
      expect(digestOf((await client.manifest(repository, 'new')).body)).toBe(image.digest);
      expect(server.defects()).toEqual([]);
    });
  });

  test('a schema of a later version that this one cannot serve is refused, by name', async () => {
    const database = await restore('');
    await database.migrate();
    await database.execute(
      "INSERT INTO schema_migration (name, needs, applied_at) VALUES ('9999_from_later', '9999_from_later', 0)",
    );
    const server = await startOn(database, 'golden');
    await expect(server.start()).rejects.toThrow(/changed by a newer version \(9999_from_later\)/);
  });

  test('a schema of a later version that leaves this one alone is served', async () => {
    const database = await restore('');
    await database.migrate();
    await database.execute(
      "INSERT INTO schema_migration (name, needs, applied_at) VALUES ('9999_from_later', NULL, 0)",
    );
    const server = await startOn(database, 'golden');
    await expect(server.start()).resolves.toBeGreaterThan(0);
  });
});
