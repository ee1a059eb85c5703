import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { type Migration, type MigrationProgress, SQL_TYPES } from '../migration.ts';
import { pendingMigrations } from '../pending-migrations.ts';
import { refuseQuayDatabase } from '../refuse-quay-database.ts';
import { toFailure, translated } from './failure.ts';
import { openConnection } from './open-connection.ts';

const SQLITE_BUSY = 5;
/** How long a starter waits for others that make the same file ready, in ms. */
const WAIT_MS = 30_000;
const RETRY_MS = 50;

/**
 * Opens the file for writing and brings it to the newest schema, in one transaction; several processes at once are safe.
 * The caller closes the connection. Errors: `UnknownMigrationsError`; as of {@link translated}.
 */
export async function migrateSqlite(
  file: string,
  migrations: readonly Migration[],
  onMigration?: (progress: MigrationProgress) => void,
): Promise<DatabaseSync> {
  // SQLite does not wait by itself for the change to WAL mode that another process makes of a new file.
  for (let waited = 0; ; waited += RETRY_MS) {
    try {
      return migrate(file, migrations, onMigration);
    } catch (error) {
      const { errcode } = toFailure(error);
      if ((errcode & 0xff) !== SQLITE_BUSY || waited >= WAIT_MS) throw translated(error);
    }
    await delay(RETRY_MS);
  }
}

function migrate(
  file: string,
  migrations: readonly Migration[],
  onMigration: ((progress: MigrationProgress) => void) | undefined,
): DatabaseSync {
  const connection = openConnection(file, { readOnly: false });
  try {
    connection.exec('BEGIN EXCLUSIVE');
    refuseQuayDatabase(namesOfTables(connection));
    connection.exec(
      'CREATE TABLE IF NOT EXISTS schema_migration (name TEXT NOT NULL PRIMARY KEY, needs TEXT, applied_at INTEGER NOT NULL) STRICT',
    );
    const applied = connection.prepare('SELECT name, needs FROM schema_migration').all();
    const pending = pendingMigrations(
      migrations,
      applied.map(({ name, needs }) => ({ name: String(name), needs: typeof needs === 'string' ? needs : null })),
    );
    for (const [done, migration] of pending.entries()) {
      onMigration?.({ name: migration.name, done, total: pending.length });
      for (const statement of migration.statements(SQL_TYPES.sqlite)) connection.exec(statement);
      connection
        .prepare('INSERT INTO schema_migration (name, needs, applied_at) VALUES (?, ?, ?)')
        .run(migration.name, migration.needs ?? null, Date.now());
    }
    connection.exec('COMMIT');
    return connection;
  } catch (error) {
    // Closing undoes what was not committed.
    connection.close();
    throw error;
  }
}

/** The tables that the file has. */
export function namesOfTables(connection: DatabaseSync): string[] {
  const rows = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  return rows.map(({ name }) => String(name));
}
