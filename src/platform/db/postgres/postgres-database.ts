import type { CompiledQuery, Kysely } from 'kysely';
import type { Pool, PoolClient, QueryResult as PgResult } from 'pg';
import { AppError } from '../../../kernel/errors.ts';
import type { Database, Transaction } from '../database.ts';
import { postgresCode } from '../errors.ts';
import { kyselyOver } from '../kysely-driver.ts';
import type { Migration } from '../migration.ts';
import { insideTransaction, refuseInsideTransaction } from '../transaction-guard.ts';
import { migratePostgres } from './migrate-postgres.ts';
import { openPool } from './open-pool.ts';

const TRANSACTION_MS = 5000;
const ATTEMPTS = 4;
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';
const NOW = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now';

export interface PostgresOptions {
  /** `postgresql://user:password@host:port/database`. */
  readonly uri: string;
  readonly migrations: readonly Migration[];
  /** Connections of this process at most; default 10. */
  readonly connections?: number;
}

/** Connects to (and migrates) a PostgreSQL database. Errors: DATABASE_UNAVAILABLE; as of the migration. */
export async function createPostgresDatabase(options: PostgresOptions): Promise<Database> {
  const pool = await openPool(options.uri, options.connections ?? 10);
  try {
    await migratePostgres(pool, options.migrations);
  } catch (error) {
    await pool.end();
    throw connectionError(error);
  }
  const names = new StatementNames();
  const read = kyselyOver<unknown>('postgres', async (query) => {
    refuseInsideTransaction();
    return toQueryResult(await run(pool, query));
  });

  return {
    dialect: 'postgres',
    read: <T>() => read as unknown as Kysely<T>,
    report: <T>() => read as unknown as Kysely<T>,
    rows: async <R>(query: CompiledQuery<R>) => {
      refuseInsideTransaction();
      return (await run(pool, query, names.of(query.sql))).rows as R[];
    },
    transaction: async (work) => {
      refuseInsideTransaction();
      return retried(() => once(pool, work));
    },
    now: async () => Number((await pool.query(NOW)).rows[0].now),
    close: () => pool.end(),
  };
}

async function retried<R>(attempt: () => Promise<R>): Promise<R> {
  for (let left = ATTEMPTS - 1; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      const code = postgresCode(error);
      if (left === 0 || (code !== SERIALIZATION_FAILURE && code !== DEADLOCK)) throw error;
    }
  }
}

async function once<R>(pool: Pool, work: (tx: Transaction) => Promise<R>): Promise<R> {
  const client = await pool.connect().catch((error: unknown) => {
    throw connectionError(error);
  });
  const afterCommit: (() => void)[] = [];
  let broken = false;
  let open = true;
  const timer = setTimeout(() => {
    // Ending the connection is the only way out that does not depend on the work going on.
    broken = true;
    open = false;
    client.release(true);
  }, TRANSACTION_MS);
  try {
    await client.query('BEGIN');
    const result = await insideTransaction(() => work(transactionOn(client, afterCommit, () => open)));
    open = false;
    await client.query('COMMIT');
    for (const callback of afterCommit) callback();
    return result;
  } catch (error) {
    open = false;
    if (broken) {
      throw new AppError('DATABASE_UNAVAILABLE', `A transaction took longer than ${TRANSACTION_MS} ms and was undone`, {
        cause: error,
      });
    }
    await client.query('ROLLBACK').catch(() => {
      broken = true;
      client.release(true);
    });
    throw connectionError(error);
  } finally {
    clearTimeout(timer);
    if (!broken) client.release();
  }
}

function transactionOn(client: PoolClient, afterCommit: (() => void)[], isOpen: () => boolean): Transaction {
  const kysely = kyselyOver<unknown>('postgres', async (query) => {
    if (!isOpen()) throw new Error('The transaction has ended');
    return toQueryResult(await run(client, query));
  });
  let now: Promise<number> | undefined;
  return {
    dialect: 'postgres',
    query: <T>() => kysely as unknown as Kysely<T>,
    now: () => (now ??= client.query(NOW).then((result) => Number(result.rows[0].now))),
    afterCommit: (callback) => afterCommit.push(callback),
  };
}

async function run(on: Pool | PoolClient, query: CompiledQuery, name?: string): Promise<PgResult> {
  try {
    const values = query.parameters as unknown[];
    return await on.query(name === undefined ? { text: query.sql, values } : { text: query.sql, values, name });
  } catch (error) {
    throw connectionError(error);
  }
}

/** Errors without SQLSTATE, and those of the classes 08 (connection), 53 (resources), 57 (operator), mean that the server is away. */
function connectionError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const code = postgresCode(error);
  const server = code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^(?:08|53|57)/.test(code);
  const ours = error instanceof Error && code === undefined && !/connect|terminat|timeout/i.test(error.message);
  if (server || ours) return error;
  return new AppError('DATABASE_UNAVAILABLE', 'The database does not answer; try again', {
    cause: error,
    headers: { 'Retry-After': '1' },
  });
}

function toQueryResult(result: PgResult): { rows: unknown[]; numAffectedRows: bigint } {
  return { rows: result.rows, numAffectedRows: BigInt(result.rowCount ?? 0) };
}

/** Names for server-side prepared statements; only precompiled queries get one, so their number is small. */
class StatementNames {
  readonly #names = new Map<string, string>();

  of(sql: string): string {
    let name = this.#names.get(sql);
    if (name === undefined) {
      name = `q${this.#names.size}`;
      this.#names.set(sql, name);
    }
    return name;
  }
}
