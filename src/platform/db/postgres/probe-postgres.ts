import type { Client } from 'pg';
import type { Migration } from '../migration.ts';
import { type AppliedMigration, pendingMigrations } from '../pending-migrations.ts';
import { refuseQuayDatabase } from '../refuse-quay-database.ts';
import { connectionError } from './connection-error.ts';
import { planConnection, type PostgresConnection } from './connection-plan.ts';
import { namesOfTables } from './migrate-postgres.ts';
import { openClient } from './open-pool.ts';
import { setUpError } from './set-up-error.ts';

/** How long each question may take, in ms. */
const STATEMENT_MS = 5000;

/** What a start with a database would find. */
export interface DatabaseProbe {
  /** Product, version and place. */
  readonly what: string;
  /** Steps of the schema that a start would run; undefined: it is empty. */
  readonly pending: number | undefined;
}

/**
 * Connects, and sees whether a start could go on: the schema is one that this version serves, and what is missing of it may be
 * made. Changes nothing. Errors: those of a start.
 */
export async function probePostgres(
  connection: PostgresConnection,
  migrations: readonly Migration[],
): Promise<DatabaseProbe> {
  const plan = planConnection(connection);
  try {
    const client = await openClient(plan);
    try {
      return await probe(client, migrations);
    } finally {
      await client.end();
    }
  } catch (error) {
    throw connectionError(setUpError(error, plan));
  }
}

async function probe(client: Client, migrations: readonly Migration[]): Promise<DatabaseProbe> {
  await client.query(`SET statement_timeout = ${STATEMENT_MS}`);
  refuseQuayDatabase(await namesOfTables(client));
  const { rows } = await client.query<{ version: string; database: string; is_new: boolean }>(
    "SELECT current_setting('server_version') AS version, current_database() AS database, to_regclass('schema_migration') IS NULL AS is_new",
  );
  const [server] = rows;
  const what = `PostgreSQL ${server?.version ?? ''}, database "${server?.database ?? ''}"`;
  const isNew = server?.is_new !== false;
  const applied = isNew ? [] : (await client.query<AppliedMigration>('SELECT name, needs FROM schema_migration')).rows;
  const pending = pendingMigrations(migrations, applied).length;
  if (pending > 0) {
    // The server itself is asked, for rights come in many ways; other sessions never see it.
    await client.query('BEGIN');
    await client.query('CREATE TABLE gantry_probe (id INTEGER)');
    await client.query('ROLLBACK');
  }
  return { what, pending: isNew ? undefined : pending };
}
