import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { afterEach, beforeEach, describe, inject } from 'vitest';
import { createPostgresTestUri } from '../support/databases.ts';

export interface ServerDatabase {
  readonly dialect: 'sqlite' | 'postgres';
  /** Keys for config.yaml that select it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Runs statements on the database of a stopped server. */
  execute(dataDirectory: string, statements: readonly string[]): Promise<void>;
}

/**
 * Runs the same tests against servers on SQLite (in their data directory) and on PostgreSQL, a fresh database for each test.
 * Without a PostgreSQL server its half is skipped, with the reason in the title.
 */
export function describeOnEachDatabase(title: string, define: (database: () => ServerDatabase) => void): void {
  describe(`${title} (sqlite)`, () => define(() => SQLITE));
  const server = inject('postgres');
  if ('missing' in server) {
    describe.skip(`${title} (postgres: ${server.missing})`, () => define(() => SQLITE));
    return;
  }
  describe(`${title} (postgres)`, () => {
    let current: { uri: string; drop: () => Promise<void> };
    beforeEach(async () => {
      current = await createPostgresTestUri();
    });
    // Registered before the tests' own hooks, so that it runs after them, when their servers have ended.
    afterEach(() => current.drop());
    define(() => ({
      dialect: 'postgres',
      config: { DB_URI: current.uri },
      execute: (_, statements) => onPostgres(current.uri, statements),
    }));
  });
}

const SQLITE: ServerDatabase = {
  dialect: 'sqlite',
  config: {},
  execute(dataDirectory, statements) {
    const database = new DatabaseSync(join(dataDirectory, 'gantry.db'));
    for (const statement of statements) database.exec(statement);
    database.close();
    return Promise.resolve();
  },
};

async function onPostgres(uri: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
