import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { type Migration, type MigrationProgress, SQL_TYPES } from '../migration.ts';
import { type AppliedMigration, pendingMigrations } from '../pending-migrations.ts';
import { refuseQuayDatabase } from '../refuse-quay-database.ts';
import { toFailure, translated } from './failure.ts';
import { openConnection } from './open-connection.ts';
import type { RemoteConnection } from './remote-connection.ts';

const SQLITE_BUSY = 5;
/** How long a starter waits for others that make the same file ready, in ms. */
const WAIT_MS = 30_000;
const RETRY_MS = 50;

const APPLIED = 'SELECT name, needs FROM schema_migration';
const DONE = 'INSERT INTO schema_migration (name, needs, applied_at) VALUES (?, ?, ?)';

export interface SqliteMigration {
  readonly file: string;
  readonly migrations: readonly Migration[];
  /** Does what may take long, on its thread. */
  readonly writer: RemoteConnection;
  readonly onMigration?: ((progress: MigrationProgress) => void) | undefined;
}

/**
 * Opens the file for writing and brings it to the newest schema, in one transaction; several processes at once are safe. A new
 * file is filled here and now; one that may have many rows is changed by the writer, so that this thread can answer meanwhile.
 * The caller closes the connection. Errors: `UnknownMigrationsError`; as of {@link translated}.
 */
export async function migrateSqlite(migration: SqliteMigration): Promise<DatabaseSync> {
  const { connection, isUpgrade } = await openOrFill(migration);
  if (!isUpgrade) return connection;
  try {
    await upgrade(migration);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The steps that are missing are only found out, not done, when there were some before. */
async function openOrFill(
  migration: SqliteMigration,
): Promise<{ readonly connection: DatabaseSync; readonly isUpgrade: boolean }> {
  // SQLite does not wait by itself for the change to WAL mode that another process makes of a new file.
  for (let waited = 0; ; waited += RETRY_MS) {
    try {
      return fill(migration);
    } catch (error) {
      const { errcode } = toFailure(error);
      if ((errcode & 0xff) !== SQLITE_BUSY || waited >= WAIT_MS) throw translated(error);
    }
    await delay(RETRY_MS);
  }
}

function fill({ file, migrations, onMigration }: SqliteMigration): {
  readonly connection: DatabaseSync;
  readonly isUpgrade: boolean;
} {
  const connection = openConnection(file, { readOnly: false });
  try {
    connection.exec('BEGIN EXCLUSIVE');
    refuseQuayDatabase(namesOfTables(connection));
    connection.exec(
      'CREATE TABLE IF NOT EXISTS schema_migration (name TEXT NOT NULL PRIMARY KEY, needs TEXT, applied_at INTEGER NOT NULL) STRICT',
    );
    const applied = toApplied(connection.prepare(APPLIED).all());
    const pending = pendingMigrations(migrations, applied);
    if (applied.length > 0) {
      connection.exec('ROLLBACK');
      return { connection, isUpgrade: pending.length > 0 };
    }
    for (const [done, migration] of pending.entries()) {
      onMigration?.({ name: migration.name, done, total: pending.length });
      for (const statement of migration.statements(SQL_TYPES.sqlite)) connection.exec(statement);
      connection.prepare(DONE).run(migration.name, migration.needs ?? null, Date.now());
    }
    connection.exec('COMMIT');
    return { connection, isUpgrade: false };
  } catch (error) {
    // Closing undoes what was not committed.
    connection.close();
    throw error;
  }
}

async function upgrade({ migrations, writer, onMigration }: SqliteMigration): Promise<void> {
  await writer.begin();
  try {
    // Another process may have been faster.
    const applied = toApplied((await writer.run(APPLIED, [])).rows);
    const pending = pendingMigrations(migrations, applied);
    for (const [done, step] of pending.entries()) {
      onMigration?.({ name: step.name, done, total: pending.length });
      await writer.inTransaction(step.statements(SQL_TYPES.sqlite).join(';\n'));
      await writer.run(DONE, [step.name, step.needs ?? null, Date.now()]);
    }
    await writer.inTransaction('COMMIT');
  } catch (error) {
    await writer.inTransaction('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function toApplied(rows: readonly unknown[]): AppliedMigration[] {
  return (rows as Record<string, unknown>[]).map(({ name, needs }) => ({
    name: String(name),
    needs: typeof needs === 'string' ? needs : null,
  }));
}

/** The tables that the file has. */
export function namesOfTables(connection: DatabaseSync): string[] {
  const rows = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  return rows.map(({ name }) => String(name));
}
