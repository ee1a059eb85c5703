import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { Migration } from '../migration.ts';
import { pendingMigrations } from '../pending-migrations.ts';
import type { DatabaseProbe } from '../postgres/probe-postgres.ts';
import { refuseQuayDatabase } from '../refuse-quay-database.ts';
import { translated } from './failure.ts';
import { namesOfTables } from './migrate-sqlite.ts';
import { openConnection } from './open-connection.ts';

/**
 * Sees whether a start could go on with this file, which need not be there yet. Changes nothing. Errors: those of a start;
 * Error with the remedy when nothing may be written there.
 */
export function probeSqlite(file: string, migrations: readonly Migration[]): DatabaseProbe {
  const what = `SQLite, file "${file}"`;
  const isNew = !existsSync(file);
  // The slash at the end makes a file in place of a directory an error.
  mustBeWritable(isNew ? join(nearestPresent(file), sep) : file);
  if (isNew) return { what, pending: undefined };
  try {
    using connection = openConnection(file, { readOnly: true });
    const tables = namesOfTables(connection);
    refuseQuayDatabase(tables);
    if (!tables.includes('schema_migration')) return { what, pending: undefined };
    const applied = connection.prepare('SELECT name, needs FROM schema_migration').all();
    const steps = applied.map(({ name, needs }) => ({
      name: String(name),
      needs: typeof needs === 'string' ? needs : null,
    }));
    return { what, pending: pendingMigrations(migrations, steps).length };
  } catch (error) {
    throw translated(error);
  }
}

function mustBeWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (cause) {
    const message = `SQLite: nothing can be written to "${path}"; check the data directory, DB_URI and who may write there`;
    throw new Error(message, { cause });
  }
}

function nearestPresent(path: string): string {
  const parent = dirname(path);
  return existsSync(parent) || parent === path ? parent : nearestPresent(parent);
}
