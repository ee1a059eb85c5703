import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { createPostgresTestUri } from '../../../test/support/databases.ts';
import type { Migration } from './migration.ts';
import { createPostgresDatabase } from './postgres/postgres-database.ts';
import { QuayDatabaseError } from './refuse-quay-database.ts';
import { createSqliteDatabase } from './sqlite/sqlite-database.ts';

const QUAY = ['alembic_version', 'queueitem', 'repository'].map((name) => `CREATE TABLE ${name} (id INTEGER)`);
const migrations: readonly Migration[] = [
  { name: '0001_first', statements: () => ['CREATE TABLE first (id INTEGER)'] },
  { name: '0002_repository', statements: () => ['CREATE TABLE repository (id INTEGER)'] },
];

test("Quay's SQLite file is refused and left as it is", async () => {
  const home = mkdtempSync(join(tmpdir(), 'gantry-quay-'));
  const file = join(home, 'quay.db');
  const database = new DatabaseSync(file);
  const tables = (): unknown[] => database.prepare('SELECT name FROM sqlite_schema').all();
  for (const statement of QUAY) database.exec(statement);
  const before = tables();
  await expect(createSqliteDatabase({ file, migrations })).rejects.toThrow(QuayDatabaseError);
  expect(tables()).toEqual(before);
  database.close();
  rmSync(home, { recursive: true });
});

const server = inject('postgres');
test.skipIf('missing' in server)("Quay's PostgreSQL database is refused and left as it is", async () => {
  const { uri, drop } = await createPostgresTestUri();
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  const tables = async () =>
    (await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).rows;
  for (const statement of QUAY) await client.query(statement);
  const before = await tables();
  await expect(createPostgresDatabase({ uri, migrations })).rejects.toThrow('one of Project Quay');
  expect(await tables()).toEqual(before);
  // Where ours is already, tables of others do no harm.
  await client.query('DROP TABLE queueitem, repository');
  await (await createPostgresDatabase({ uri, migrations })).close();
  await client.query('CREATE TABLE queueitem (id INTEGER)');
  await (await createPostgresDatabase({ uri, migrations })).close();
  await client.end();
  await drop();
});
