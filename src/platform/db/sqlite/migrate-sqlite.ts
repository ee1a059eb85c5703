import { SQL_TYPES, type Migration } from '../migration.ts';
import { pendingMigrations } from '../pending-migrations.ts';
import { openConnection } from './open-connection.ts';

/** Brings the file to the newest schema; several processes at once are safe. Errors: `UnknownMigrationsError`, SQLite's own. */
export function migrateSqlite(file: string, migrations: readonly Migration[]): void {
  const connection = openConnection(file, { readOnly: false });
  try {
    connection.exec(
      'CREATE TABLE IF NOT EXISTS schema_migration (name TEXT NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT',
    );
    for (;;) {
      connection.exec('BEGIN IMMEDIATE');
      const applied = connection.prepare('SELECT name FROM schema_migration').all();
      const next = pendingMigrations(
        migrations,
        applied.map((row) => String(row['name'])),
      )[0];
      if (next === undefined) break;
      for (const statement of next.statements(SQL_TYPES.sqlite)) connection.exec(statement);
      connection.prepare('INSERT INTO schema_migration (name, applied_at) VALUES (?, ?)').run(next.name, Date.now());
      connection.exec('COMMIT');
    }
    connection.exec('ROLLBACK');
  } finally {
    connection.close();
  }
}
