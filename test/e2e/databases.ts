import { afterEach, beforeEach, describe, inject } from 'vitest';
import { createPostgresTestUri } from '../support/databases.ts';

export interface ServerDatabase {
  readonly dialect: 'sqlite' | 'postgres';
  /** Keys for config.yaml that select it. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Runs the same tests against servers on SQLite (in their data directory) and on PostgreSQL, a fresh database for each test.
 * Without a PostgreSQL server its half is skipped, with the reason in the title.
 */
export function describeOnEachDatabase(title: string, define: (database: () => ServerDatabase) => void): void {
  describe(`${title} (sqlite)`, () => define(() => ({ dialect: 'sqlite', config: {} })));
  const server = inject('postgres');
  if ('missing' in server) {
    describe.skip(`${title} (postgres: ${server.missing})`, () => define(() => ({ dialect: 'postgres', config: {} })));
    return;
  }
  describe(`${title} (postgres)`, () => {
    let current: { uri: string; drop: () => Promise<void> };
    beforeEach(async () => {
      current = await createPostgresTestUri();
    });
    // Registered before the tests' own hooks, so that it runs after them, when their servers have ended.
    afterEach(() => current.drop());
    define(() => ({ dialect: 'postgres', config: { DB_URI: current.uri } }));
  });
}
