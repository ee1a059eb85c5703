import { join } from 'node:path';
import {
  createPostgresDatabase,
  createSqliteDatabase,
  type Database,
  type Migration,
  type MigrationProgress,
} from '../platform/db/index.ts';
import type { Logger } from '../platform/log/index.ts';
import { MIGRATIONS } from './migrations.ts';
import type { AppSettings } from './settings.ts';

/** Name of the embedded database in the data directory. */
const DATABASE_FILE = 'gantry.db';

/** The database lacks a step of the schema, and this process was told not to take it. */
export class SchemaBehindError extends Error {
  override readonly name = 'SchemaBehindError';
}

/** Opens the configured database and brings it to the newest schema. Errors: {@link SchemaBehindError} when it must not. */
export function openDatabase(
  settings: Pick<AppSettings, 'postgres' | 'sqliteFile' | 'dataDirectory' | 'migrate'>,
  log: Logger,
  onMigration?: (progress: MigrationProgress) => void,
): Promise<Database> {
  const migrations = settings.migrate ? MIGRATIONS : MIGRATIONS.map(refused);
  if (settings.postgres !== undefined) {
    return createPostgresDatabase({ ...settings.postgres, migrations, log, onMigration });
  }
  return createSqliteDatabase({ file: sqliteFileOf(settings), migrations, log, onMigration });
}

/** Where the embedded database is. */
export function sqliteFileOf({ sqliteFile, dataDirectory }: Pick<AppSettings, 'sqliteFile' | 'dataDirectory'>): string {
  return sqliteFile ?? join(dataDirectory, DATABASE_FILE);
}

/** The step as one that is known and never taken: only what the database lacks is asked for its statements. */
function refused(migration: Migration): Migration {
  const statements = (): never => {
    throw new SchemaBehindError(
      `The database does not have the newest schema (${migration.name} is missing); run "gantry migrate", or start without --no-migrate`,
    );
  };
  return { ...migration, statements };
}
