import type { Client } from 'pg';
import { SQL_TYPES, type Migration } from '../migration.ts';
import { type AppliedMigration, pendingMigrations } from '../pending-migrations.ts';
import { connectionError } from './connection-error.ts';
import { openClient } from './open-pool.ts';
import { NOW } from './run-query.ts';

/** Key of the advisory lock that racing starters take; any fixed number no other product uses. */
const LOCK = 7_046_801_245;

/**
 * Brings the database to the newest schema, each step in a transaction of its own; several starters at once are safe.
 * Errors: `UnknownMigrationsError`, DATABASE_UNAVAILABLE, PostgreSQL's own.
 */
export async function migratePostgres(uri: string, migrations: readonly Migration[]): Promise<void> {
  try {
    const client = await openClient(uri);
    try {
      await migrate(client, migrations);
    } finally {
      // Ending the session also frees the lock and undoes a half-done migration.
      await client.end();
    }
  } catch (error) {
    throw connectionError(error);
  }
}

async function migrate(client: Client, migrations: readonly Migration[]): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
  await client.query(
    'CREATE TABLE IF NOT EXISTS schema_migration (name TEXT COLLATE "C" NOT NULL PRIMARY KEY, needs TEXT, applied_at BIGINT NOT NULL)',
  );
  const { rows } = await client.query<AppliedMigration>('SELECT name, needs FROM schema_migration');
  for (const migration of pendingMigrations(migrations, rows)) {
    await client.query('BEGIN');
    for (const statement of migration.statements(SQL_TYPES.postgres)) await client.query(statement);
    const row = [migration.name, migration.needs ?? null];
    await client.query(`INSERT INTO schema_migration (name, needs, applied_at) VALUES ($1, $2, (${NOW}))`, row);
    await client.query('COMMIT');
  }
}
