import { AppError } from '../../../kernel/errors.ts';
import type { Transaction } from '../database.ts';
import { kyselyOver } from '../kysely-driver.ts';
import { insideTransaction } from '../transaction-guard.ts';
import type { RemoteConnection } from './remote-connection.ts';
import { toQueryResult } from './query-result.ts';

/** Transactions that may share one commit, and how long (ms) the first of them waits for others at most. */
const GROUP_MAX = 64;
const GROUP_MS = 5;
/** Transactions that may wait for the writer before new ones are refused. */
const QUEUE_MAX = 10_000;

interface Waiting {
  readonly work: (tx: Transaction) => Promise<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Done {
  readonly waiting: Waiting;
  readonly result: unknown;
  readonly afterCommit: readonly (() => void)[];
}

/**
 * Runs write transactions one after the other on the writer connection. Those that wait together share one commit, so
 * that its fsync is shared: each is a savepoint, and none is answered before the commit.
 */
export class GroupCommit {
  readonly #writer: RemoteConnection;
  readonly #transactionMs: number;
  readonly #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  /** @param transactionMs how long one transaction may take before it is rolled back */
  constructor(writer: RemoteConnection, transactionMs: number) {
    this.#writer = writer;
    this.#transactionMs = transactionMs;
  }

  transaction<R>(work: (tx: Transaction) => Promise<R>): Promise<R> {
    if (this.#closed) return Promise.reject(new AppError('SHUTTING_DOWN', 'The server is shutting down'));
    if (this.#queue.length >= QUEUE_MAX) {
      return Promise.reject(
        new AppError('DATABASE_UNAVAILABLE', 'Too many writes are waiting; try again later', {
          headers: { 'Retry-After': '1' },
        }),
      );
    }
    return new Promise<R>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve as (result: unknown) => void, reject });
      this.#running ??= this.#drain();
    });
  }

  /** Lets everything that waits finish; refuses new transactions. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) await this.#group();
    this.#running = undefined;
  }

  async #group(): Promise<void> {
    const done: Done[] = [];
    try {
      await this.#writer.script('BEGIN IMMEDIATE');
    } catch (error) {
      this.#queue.shift()?.reject(error);
      return;
    }
    const startedAt = performance.now();
    for (let waiting = this.#queue.shift(); waiting !== undefined;) {
      const outcome = await this.#single(waiting);
      if (outcome !== undefined) done.push(outcome);
      const full = done.length >= GROUP_MAX || performance.now() - startedAt >= GROUP_MS;
      waiting = full ? undefined : this.#queue.shift();
    }
    try {
      await this.#writer.script('COMMIT');
    } catch (error) {
      // After a failed COMMIT the transaction may be open still (disk full) or gone already.
      await this.#writer.script('ROLLBACK').catch(() => undefined);
      for (const { waiting } of done) waiting.reject(error);
      return;
    }
    for (const { waiting, result, afterCommit } of done) {
      for (const callback of afterCommit) callback();
      waiting.resolve(result);
    }
  }

  async #single(waiting: Waiting): Promise<Done | undefined> {
    const afterCommit: (() => void)[] = [];
    let open = true;
    const run = (sql: string, parameters: readonly unknown[]) => {
      if (!open) throw new Error('The transaction has ended');
      return this.#writer.run(sql, parameters);
    };
    const kysely = kyselyOver<unknown>('sqlite', async (query) =>
      toQueryResult(await run(query.sql, query.parameters)),
    );
    const now = Date.now();
    const tx: Transaction = {
      dialect: 'sqlite',
      query: <T>() => kysely as unknown as ReturnType<typeof kyselyOver<T>>,
      now: () => Promise.resolve(now),
      afterCommit: (callback) => afterCommit.push(callback),
    };
    try {
      await this.#writer.script('SAVEPOINT request');
      const result = await this.#bounded(insideTransaction(() => waiting.work(tx)));
      open = false;
      await this.#writer.script('RELEASE request');
      return { waiting, result, afterCommit };
    } catch (error) {
      open = false;
      await this.#writer.script('ROLLBACK TO request; RELEASE request').catch(() => undefined);
      waiting.reject(error);
      return undefined;
    }
  }

  #bounded<R>(work: Promise<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new AppError(
            'DATABASE_UNAVAILABLE',
            `A transaction took longer than ${this.#transactionMs} ms and was undone`,
          ),
        );
      }, this.#transactionMs);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}
