import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { createPostgresTestUri } from '../../../test/support/databases.ts';
import {
  createPostgresDatabase,
  createSqliteDatabase,
  UnknownMigrationsError,
  type Database,
  type Migration,
  type MigrationProgress,
} from './index.ts';

const one: Migration = { name: '0001_one', statements: (t) => [`CREATE TABLE one (id ${t.id})${t.strict}`] };
const two: Migration = { name: '0002_two', statements: (t) => [`CREATE TABLE two (id ${t.id})${t.strict}`] };
/** Takes a good part of a second. */
const slow: Migration = {
  name: '0003_slow',
  statements: () => [
    'CREATE TABLE numbers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) SELECT i FROM n',
  ],
};
const broken: Migration = {
  name: '0002_broken',
  statements: (t) => [`CREATE TABLE half (id ${t.id})${t.strict}`, 'CREATE TABLE one (id INTEGER)'],
};

const STARTERS = 8;
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function emptyDatabase(
  dialect: Database['dialect'],
  onMigration?: (progress: MigrationProgress) => void,
): Promise<(migrations: readonly Migration[]) => Promise<Database>> {
  const keep = (db: Database) => {
    cleanUps.push(() => db.close());
    return db;
  };
  if (dialect === 'postgres') {
    const { uri, drop } = await createPostgresTestUri();
    cleanUps.push(drop);
    return async (migrations) => keep(await createPostgresDatabase({ uri, migrations, connections: 1, onMigration }));
  }
  const directory = mkdtempSync(join(tmpdir(), 'gantry-sqlite-'));
  cleanUps.push(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'gantry.db');
  return async (migrations) => keep(await createSqliteDatabase({ file, migrations, onMigration }));
}

const tables = async (db: Database) => {
  const rows = await db
    .read<{ schema_migration: { name: string } }>()
    .selectFrom('schema_migration')
    .select('name')
    .orderBy('name')
    .execute();
  return rows.map((row) => row.name);
};
const withoutPostgres = 'missing' in inject('postgres');

describe.each(['sqlite', 'postgres'] as const)('Migrations (%s)', (dialect) => {
  const test = it.skipIf(dialect === 'postgres' && withoutPostgres);

  test('bring a database up step by step, once', async () => {
    const open = await emptyDatabase(dialect);
    expect(await tables(await open([one]))).toEqual(['0001_one']);
    expect(await tables(await open([one, two]))).toEqual(['0001_one', '0002_two']);
    expect(await tables(await open([one, two]))).toEqual(['0001_one', '0002_two']);
  });

  test('let the version before go on, until a step needs what it does not know', async () => {
    const open = await emptyDatabase(dialect);
    await open([one, two]);
    expect(await tables(await open([one]))).toEqual(['0001_one', '0002_two']);
    const three: Migration = { name: '0003_three', needs: '0002_two', statements: () => ['DROP TABLE one'] };
    await open([one, two, three]);
    expect(await tables(await open([one, two]))).toHaveLength(3);
    await expect(open([one])).rejects.toThrow(UnknownMigrationsError);
    await expect(open([one])).rejects.toThrow('0003_three');
  });

  test('refuse a database of another history', async () => {
    const open = await emptyDatabase(dialect);
    await open([one, two]);
    await expect(open([one, { ...two, name: '0002_other' }])).rejects.toThrow(UnknownMigrationsError);
  });

  test('leave nothing of a step that fails', async () => {
    const open = await emptyDatabase(dialect);
    await expect(open([one, broken])).rejects.toThrow(/one/);
    const db = await open([one]);
    await expect(db.read<{ half: { id: number } }>().selectFrom('half').select('id').execute()).rejects.toThrow(/half/);
  });

  test('leave nothing of a step that fails in an upgrade', async () => {
    const open = await emptyDatabase(dialect);
    await open([one]);
    await expect(open([one, broken])).rejects.toThrow(/one/);
    expect(await tables(await open([one, two]))).toEqual(['0001_one', '0002_two']);
    const db = await open([one, two]);
    await expect(db.read<{ half: { id: number } }>().selectFrom('half').select('id').execute()).rejects.toThrow(/half/);
  });

  test('let racing starters pass, on a new database and in an upgrade', async () => {
    const open = await emptyDatabase(dialect);
    const race = (migrations: readonly Migration[]) =>
      Promise.all(Array.from({ length: STARTERS }, () => open(migrations)));
    for (const db of await race([one])) expect(await tables(db)).toEqual(['0001_one']);
    for (const db of await race([one, two])) expect(await tables(db)).toEqual(['0001_one', '0002_two']);
  });

  test('leave the process free to answer while an upgrade goes on, and tell how far it is', async () => {
    const begun = Promise.withResolvers<object>();
    const open = await emptyDatabase(dialect, ({ name, done, total }) => {
      if (name === slow.name) begun.resolve({ done, total });
    });
    await open([one]);
    const opened = open([one, two, slow]);
    expect(await begun.promise).toEqual({ done: 1, total: 2 });
    const turned = new Promise<string>((resolve) => setImmediate(resolve, 'the event loop has turned'));
    expect(await Promise.race([opened, turned])).toBe('the event loop has turned');
    expect(await tables(await opened)).toEqual(['0001_one', '0002_two', '0003_slow']);
  });
});

describe('Migrations of one SQLite file by several processes', () => {
  it('let all pass', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gantry-sqlite-'));
    cleanUps.push(() => rmSync(directory, { recursive: true, force: true }));
    const module = new URL('./sqlite/sqlite-database.ts', import.meta.url).href;
    const program = `import { createSqliteDatabase } from ${JSON.stringify(module)};
      const migrations = [1, 2, 3].map((n) => ({
        name: '000' + n,
        statements: () => ['CREATE TABLE t' + n + ' (id INTEGER) STRICT'],
      }));
      // A new file, then one to be upgraded.
      for (const count of [1, 3]) {
        const file = process.argv[2];
        await (await createSqliteDatabase({ file, migrations: migrations.slice(0, count) })).close();
      }`;
    writeFileSync(join(directory, 'start.mjs'), program);
    const start = () =>
      promisify(execFile)(process.execPath, [join(directory, 'start.mjs'), join(directory, 'gantry.db')]);
    await expect(Promise.all(Array.from({ length: STARTERS }, start))).resolves.toHaveLength(STARTERS);
  });
});
