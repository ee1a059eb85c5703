import type { Pool, PoolClient } from 'pg';
import type { Logger } from '../../log/index.ts';
import type { Transaction } from '../database.ts';
import { TransactionScope } from '../transaction-scope.ts';
import { connectionError, isReadOnlyRefusal, sqlState } from './connection-error.ts';
import { outlastLoss, type OutlastOptions } from './outlast-loss.ts';
import { NOW, runQuery, toQueryResult } from './run-query.ts';

const ATTEMPTS = 4;
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';

export interface PostgresTransactions {
  readonly pool: Pool;
  readonly outlast: OutlastOptions;
  /** How long one attempt may take before it is rolled back, in ms. */
  readonly transactionMs: number;
  readonly log: Pick<Logger, 'error'> | undefined;
}

/**
 * Runs one write transaction. What lost a deadlock or a race is tried again, up to 3 times, and for a while what lost its
 * connection before it came to its commit. After that nobody can tell whether it has happened, so it is not repeated.
 */
export async function runTransaction<R>(on: PostgresTransactions, work: (tx: Transaction) => Promise<R>): Promise<R> {
  for (let left = ATTEMPTS - 1; ; left--) {
    const progress = { isCommitting: false };
    const mayRepeat = () => !progress.isCommitting;
    try {
      return await outlastLoss(() => attempt(on, work, progress), { ...on.outlast, mayRepeat });
    } catch (error) {
      const state = sqlState(error);
      if (left === 0 || (state !== SERIALIZATION_FAILURE && state !== DEADLOCK)) throw connectionError(error);
    }
  }
}

async function attempt<R>(
  on: PostgresTransactions,
  work: (tx: Transaction) => Promise<R>,
  progress: { isCommitting: boolean },
): Promise<R> {
  const client = await on.pool.connect();
  // A connection that fails between two queries also says so by an event, which would end the process unheard.
  const ignore = () => undefined;
  client.on('error', ignore);
  let now: Promise<number> | undefined;
  const scope = new TransactionScope({
    dialect: 'postgres',
    run: async (query) => toQueryResult(await runQuery(client, query)),
    now: () => (now ??= client.query(NOW).then((result) => Number(result.rows[0].now))),
    limitMs: on.transactionMs,
  });
  let reusable = false;
  try {
    await client.query('BEGIN');
    const result = await scope.perform(work);
    progress.isCommitting = true;
    await client.query('COMMIT');
    reusable = true;
    scope.committed(on.log);
    return result;
  } catch (error) {
    // Another server may have taken over from one that accepts no changes; only a new connection would find it.
    reusable = (await rolledBack(client, on.transactionMs)) && !isReadOnlyRefusal(error);
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(!reusable);
  }
}

/** Undoes the transaction; false when the connection must go, which undoes it as well. */
async function rolledBack(client: PoolClient, limitMs: number): Promise<boolean> {
  // After a time limit a statement may be running still, and ROLLBACK would wait for it.
  const timer = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), Math.min(limitMs, 1000)).unref());
  const rollback = client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
  return Promise.race([rollback, timer]);
}
