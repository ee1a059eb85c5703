import type { Client } from 'pg';
import type { Logger } from '../../log/index.ts';
import { type Migration, type MigrationProgress, SQL_TYPES } from '../migration.ts';
import { type AppliedMigration, pendingMigrations } from '../pending-migrations.ts';
import { QUAY_TABLES, refuseQuayDatabase } from '../refuse-quay-database.ts';
import { connectionError } from './connection-error.ts';
import type { ConnectionPlan } from './connection-plan.ts';
import { openClient } from './open-pool.ts';
import { NOW } from './run-query.ts';
import { setUpError } from './set-up-error.ts';

/** Key of the advisory lock that racing starters take; any fixed number no other product uses. */
const LOCK = 7_046_801_245;

export interface PostgresMigration {
  readonly migrations: readonly Migration[];
  readonly onMigration?: ((progress: MigrationProgress) => void) | undefined;
  readonly log?: Pick<Logger, 'info'> | undefined;
}

/**
 * Brings the database to the newest schema, each step in a transaction of its own; several starters at once are safe. A
 * database that accepts no changes is taken as it is when it has the newest schema already.
 * Errors: `UnknownMigrationsError`, DATABASE_UNAVAILABLE; what the operator has to put right, in words and with the SQL.
 */
export async function migratePostgres(plan: ConnectionPlan, migration: PostgresMigration): Promise<void> {
  try {
    const client = await openClient(plan);
    try {
      await migrate(client, migration);
      await tellExtensions(client, migration.log);
    } finally {
      // Ending the session also frees the lock and undoes a half-done migration.
      await client.end();
    }
  } catch (error) {
    const explained = setUpError(error, plan);
    throw explained === error ? connectionError(error) : explained;
  }
}

async function migrate(client: Client, { migrations, onMigration }: PostgresMigration): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
  refuseQuayDatabase(await namesOfTables(client));
  const [state] = (
    await client.query<{ is_new: boolean; read_only: string }>(
      "SELECT to_regclass('schema_migration') IS NULL AS is_new, current_setting('transaction_read_only') AS read_only",
    )
  ).rows;
  const isReadOnly = state?.read_only === 'on';
  if (state?.is_new !== false) {
    if (isReadOnly) throw cannotChange('it is empty');
    await client.query(
      'CREATE TABLE schema_migration (name TEXT COLLATE "C" NOT NULL PRIMARY KEY, needs TEXT, applied_at BIGINT NOT NULL)',
    );
  }
  const { rows } = await client.query<AppliedMigration>('SELECT name, needs FROM schema_migration');
  const pending = pendingMigrations(migrations, rows);
  if (isReadOnly && pending.length > 0) throw cannotChange('its schema is that of an earlier version');
  for (const [done, step] of pending.entries()) {
    onMigration?.({ name: step.name, done, total: pending.length });
    await client.query('BEGIN');
    for (const statement of step.statements(SQL_TYPES.postgres)) await client.query(statement);
    const row = [step.name, step.needs ?? null];
    await client.query(`INSERT INTO schema_migration (name, needs, applied_at) VALUES ($1, $2, (${NOW}))`, row);
    await client.query('COMMIT');
  }
}

function cannotChange(because: string): Error {
  return new Error(
    `The database accepts no changes (a standby, or default_transaction_read_only), but ${because}; ` +
      'let the first start of this version be on one that does',
  );
}

/** The extension that Quay's instructions have installed. No version of ours has needed it so far. */
async function tellExtensions(client: Client, log: Pick<Logger, 'info'> | undefined): Promise<void> {
  const { rows } = await client.query("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'");
  if (rows.length > 0) return;
  log?.info(
    'The database has no extension pg_trgm. Nothing is lost: searches by a part of a name read all names with it or without ' +
      'it. Quay needs it; to install it, a superuser runs in this database: CREATE EXTENSION pg_trgm;',
  );
}

/** Those tables of Quay, and that of our own steps, which the database has. */
export async function namesOfTables(client: Client): Promise<string[]> {
  const wanted = [...QUAY_TABLES, 'schema_migration'];
  const text = 'SELECT name FROM unnest($1::text[]) AS wanted (name) WHERE to_regclass(name) IS NOT NULL';
  const { rows } = await client.query<{ name: string }>(text, [wanted]);
  return rows.map(({ name }) => name);
}
