import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { MIGRATIONS } from '../../src/app/migrations.ts';
import {
  createPostgresDatabase,
  createSqliteDatabase,
  type Database,
  type Dialect,
} from '../../src/platform/db/index.ts';

export interface TestDatabase {
  readonly db: Database;
  /** `sqlite:<file>` or `postgresql://…`, for a second process or connection. */
  readonly uri: string;
}

/**
 * Runs the same tests on SQLite and on PostgreSQL, each on a fresh migrated database. `context()` may be called inside tests
 * and hooks only. Without a PostgreSQL server its half is skipped, with the reason in the title.
 */
export function describeOnBothDatabases(title: string, define: (context: () => TestDatabase) => void): void {
  for (const dialect of ['sqlite', 'postgres'] as const) {
    const server = inject('postgres');
    if (dialect === 'postgres' && 'missing' in server) {
      describe.skip(`${title} (postgres: ${server.missing})`, () => define(() => notYet()));
      continue;
    }
    describe(`${title} (${dialect})`, () => {
      let current: (TestDatabase & { drop: () => Promise<void> }) | undefined;
      beforeAll(async () => {
        current = await createTestDatabase(dialect);
      });
      afterAll(async () => {
        await current?.drop();
      });
      define(() => current ?? notYet());
    });
  }
}

function notYet(): never {
  throw new Error('The test database exists only inside tests and hooks');
}

/** A fresh migrated database; `drop` closes and removes it. */
export async function createTestDatabase(dialect: Dialect): Promise<TestDatabase & { drop: () => Promise<void> }> {
  if (dialect === 'sqlite') {
    const directory = mkdtempSync(join(tmpdir(), 'gantry-sqlite-'));
    const file = join(directory, 'gantry.db');
    const db = await createSqliteDatabase({ file, migrations: MIGRATIONS });
    const drop = async () => {
      await db.close();
      rmSync(directory, { recursive: true, force: true });
    };
    return { db, uri: `sqlite:${file}`, drop };
  }
  const { uri, drop: dropDatabase } = await createPostgresTestUri();
  const db = await createPostgresDatabase({ uri, migrations: MIGRATIONS });
  const drop = async () => {
    await db.close();
    await dropDatabase();
  };
  return { db, uri, drop };
}

/** A fresh empty PostgreSQL database; `drop` removes it, ending its connections. */
export async function createPostgresTestUri(): Promise<{ uri: string; drop: () => Promise<void> }> {
  const server = inject('postgres');
  if ('missing' in server) throw new Error(server.missing);
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  await onServer(server.uri, `CREATE DATABASE ${name}`);
  const uri = new URL(server.uri);
  uri.pathname = `/${name}`;
  return { uri: uri.href, drop: () => onServer(server.uri, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function onServer(uri: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
