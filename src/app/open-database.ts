import { join } from 'node:path';
import { createPostgresDatabase, createSqliteDatabase, type Database } from '../platform/db/index.ts';
import type { Logger } from '../platform/log/index.ts';
import { MIGRATIONS } from './migrations.ts';
import type { AppSettings } from './settings.ts';

/** Name of the embedded database in the data directory. */
const DATABASE_FILE = 'gantry.db';

/** Opens the configured database and brings it to the newest schema. */
export function openDatabase(
  settings: Pick<AppSettings, 'postgresUri' | 'sqliteFile' | 'dataDirectory'>,
  log: Logger,
): Promise<Database> {
  if (settings.postgresUri !== undefined) {
    return createPostgresDatabase({ uri: settings.postgresUri, migrations: MIGRATIONS, log });
  }
  const file = settings.sqliteFile ?? join(settings.dataDirectory, DATABASE_FILE);
  return createSqliteDatabase({ file, migrations: MIGRATIONS, log });
}
