import type { CompiledQuery, Kysely } from 'kysely';
import type { QueryResult as PgResult } from 'pg';
import type { Logger } from '../../log/index.ts';
import type { Database } from '../database.ts';
import { kyselyOver } from '../kysely-driver.ts';
import type { Migration } from '../migration.ts';
import { refuseUnstorable } from '../refuse-unstorable.ts';
import { refuseInsideTransaction } from '../transaction-guard.ts';
import { connectionError } from './connection-error.ts';
import { migratePostgres } from './migrate-postgres.ts';
import { openPool } from './open-pool.ts';
import { runTransaction } from './postgres-transaction.ts';
import { NOW, runQuery, StatementNames, toQueryResult } from './run-query.ts';

const TRANSACTION_MS = 5000;
/** How long {@link Database.close} waits for what runs still, in ms. */
const CLOSE_MS = 5000;

export interface PostgresOptions {
  /** `postgresql://user:password@host:port/database`. */
  readonly uri: string;
  readonly migrations: readonly Migration[];
  /** Connections of this process at most; default 10. */
  readonly connections?: number;
  /** How long one transaction may take, in ms; default 5000. */
  readonly transactionMs?: number;
  /** Told of callbacks after a commit that throw. */
  readonly log?: Pick<Logger, 'error'>;
}

/** Connects to (and migrates) a PostgreSQL database. Errors: DATABASE_UNAVAILABLE; `UnknownMigrationsError`. */
export async function createPostgresDatabase(options: PostgresOptions): Promise<Database> {
  await migratePostgres(options.uri, options.migrations);
  const pool = await openPool(options.uri, options.connections ?? 10);
  const transactions = { pool, transactionMs: options.transactionMs ?? TRANSACTION_MS, log: options.log };
  const names = new StatementNames();
  let opened = 0;
  let closed = 0;
  pool.on('connect', () => (opened += 1));
  pool.on('remove', () => (closed += 1));
  const outside = async (query: CompiledQuery, name?: string): Promise<PgResult> => {
    refuseInsideTransaction();
    try {
      return await runQuery(pool, query, name);
    } catch (error) {
      throw connectionError(error);
    }
  };
  const read = kyselyOver<unknown>('postgres', async (query) => toQueryResult(await outside(query)));

  return {
    dialect: 'postgres',
    read: <T>() => read as unknown as Kysely<T>,
    report: <T>() => read as unknown as Kysely<T>,
    rows: async <R>(query: CompiledQuery<R>) => {
      refuseUnstorable(query.parameters);
      return (await outside(query, names.of(query.sql))).rows as R[];
    },
    generation: () => undefined,
    transaction: async (work) => {
      refuseInsideTransaction();
      return runTransaction(transactions, work);
    },
    now: async () => {
      const rows = (await pool.query(NOW).catch(rethrow)).rows as { now: number }[];
      return Number(rows[0]?.now);
    },
    usage: () => ({
      opened,
      closed,
      inUse: pool.totalCount - pool.idleCount,
      available: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    close: async () => {
      const giveUp = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
      await Promise.race([pool.end(), giveUp]);
    },
  };
}

function rethrow(error: unknown): never {
  throw connectionError(error);
}
