import type { CompiledQuery, Kysely } from 'kysely';
import type { QueryResult as PgResult } from 'pg';
import type { Logger } from '../../log/index.ts';
import type { Database } from '../database.ts';
import { kyselyOver } from '../kysely-driver.ts';
import type { Migration, MigrationProgress } from '../migration.ts';
import { refuseUnstorable } from '../refuse-unstorable.ts';
import { refuseInsideTransaction } from '../transaction-guard.ts';
import { connectionError } from './connection-error.ts';
import { planConnection, type PostgresConnection } from './connection-plan.ts';
import { migratePostgres } from './migrate-postgres.ts';
import { openPool } from './open-pool.ts';
import { outlastLoss } from './outlast-loss.ts';
import { runTransaction } from './postgres-transaction.ts';
import { NOW, runQuery, StatementNames, toQueryResult } from './run-query.ts';

const TRANSACTION_MS = 5000;
/** How long reads, and transactions that have not come to their commit, outlast a lost server, in ms. */
const OUTLAST_MS = 10_000;
/** How long {@link Database.close} waits for what runs still, in ms. */
const CLOSE_MS = 5000;
/** Statements that may be sent twice, as far as one can tell from their beginning. */
const READ = /^\s*select\b/i;

export interface PostgresOptions extends PostgresConnection {
  readonly migrations: readonly Migration[];
  /** Told of each step of the schema that is under way. */
  readonly onMigration?: ((progress: MigrationProgress) => void) | undefined;
  /** How long one transaction may take, in ms; default 5000. */
  readonly transactionMs?: number;
  /** For how long a lost server is outlasted, in ms; default 10,000. */
  readonly outlastMs?: number;
  /** Told of callbacks after a commit that throw, and of what an operator should know about the database. */
  readonly log?: Pick<Logger, 'error' | 'info'>;
}

/**
 * Connects to (and migrates) a PostgreSQL database. Errors: DATABASE_UNAVAILABLE; `UnknownMigrationsError`; what the operator
 * has to put right, in words.
 */
export async function createPostgresDatabase(options: PostgresOptions): Promise<Database> {
  const plan = planConnection(options);
  await migratePostgres(plan, options);
  const pool = await openPool(plan);
  let isClosed = false;
  const outlast = { forMs: options.outlastMs ?? OUTLAST_MS, isOver: () => isClosed };
  const transactions = { pool, outlast, transactionMs: options.transactionMs ?? TRANSACTION_MS, log: options.log };
  const names = new StatementNames();
  let opened = 0;
  let closed = 0;
  pool.on('connect', () => (opened += 1));
  pool.on('remove', () => (closed += 1));
  const outside = async (query: CompiledQuery, name?: string): Promise<PgResult> => {
    refuseInsideTransaction();
    const run = () => runQuery(pool, query, name);
    try {
      return await (READ.test(query.sql) ? outlastLoss(run, outlast) : run());
    } catch (error) {
      throw connectionError(error);
    }
  };
  const now = async (): Promise<number> => Number((await pool.query<{ now: number }>(NOW)).rows[0]?.now);
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
    now: () => outlastLoss(now, outlast).catch(rethrow),
    usage: () => ({
      opened,
      closed,
      inUse: pool.totalCount - pool.idleCount,
      available: pool.idleCount,
      waiting: pool.waitingCount,
    }),
    close: async () => {
      isClosed = true;
      const giveUp = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
      await Promise.race([pool.end(), giveUp]);
    },
  };
}

function rethrow(error: unknown): never {
  throw connectionError(error);
}
