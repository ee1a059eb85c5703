import type { Pool } from 'pg';
import { SQL_TYPES, type Migration } from '../migration.ts';
import { pendingMigrations } from '../pending-migrations.ts';

/** Key of the advisory lock that racing starters take; any fixed number no other product uses. */
const LOCK = 7_046_801_245;

/** Brings the database to the newest schema; several starters at once are safe. Errors: `UnknownMigrationsError`, PostgreSQL's own. */
export async function migratePostgres(pool: Pool, migrations: readonly Migration[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migration (name TEXT COLLATE "C" NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)',
    );
    const applied = await client.query<{ name: string }>('SELECT name FROM schema_migration');
    for (const migration of pendingMigrations(
      migrations,
      applied.rows.map((row) => row.name),
    )) {
      await client.query('BEGIN');
      for (const statement of migration.statements(SQL_TYPES.postgres)) await client.query(statement);
      await client.query(
        'INSERT INTO schema_migration (name, applied_at) VALUES ($1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)',
        [migration.name],
      );
      await client.query('COMMIT');
    }
  } finally {
    // Ending the session also frees the lock and undoes a half-done migration.
    client.release(true);
  }
}
