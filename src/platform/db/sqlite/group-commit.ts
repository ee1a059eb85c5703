import { AppError } from '../../../kernel/errors.ts';
import type { Logger } from '../../log/index.ts';
import type { Transaction } from '../database.ts';
import { TransactionScope } from '../transaction-scope.ts';
import { toQueryResult } from './query-result.ts';
import type { RemoteConnection } from './remote-connection.ts';

/** Transactions that may share one commit, and how long (ms) the first of them waits for others at most. */
const GROUP_MAX = 64;
const GROUP_MS = 5;
/** Transactions that may wait for the writer before new ones are refused. */
const QUEUE_MAX = 10_000;
/** How long {@link GroupCommit.close} lets waiting transactions finish, in ms. */
const CLOSE_MS = 5000;

export interface GroupCommitOptions {
  readonly writer: RemoteConnection;
  /** How long one transaction may take before it is rolled back, in ms. */
  readonly transactionMs: number;
  readonly log: Pick<Logger, 'error'> | undefined;
  /** Called after each commit or attempt, before anybody is told of it. */
  readonly onCommit: () => void;
}

interface Waiting {
  readonly work: (tx: Transaction) => Promise<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Performed {
  readonly waiting: Waiting;
  readonly scope: TransactionScope;
  readonly result: unknown;
}

/**
 * Runs write transactions one after the other on the writer connection. Those that wait together share one commit, so
 * that its fsync is shared: each is a savepoint, and none is answered before the commit.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  transaction<R>(work: (tx: Transaction) => Promise<R>): Promise<R> {
    if (this.#closed) return Promise.reject(shuttingDown());
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

  /** Transactions that wait for their turn. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Whether a transaction is running. */
  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Lets what waits finish for at most 5 s; refuses new transactions. */
  async close(): Promise<void> {
    this.#closed = true;
    const timer = setTimeout(() => this.#refuseAll(shuttingDown()), CLOSE_MS);
    await this.#running;
    clearTimeout(timer);
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) await this.#group();
    this.#running = undefined;
  }

  #refuseAll(error: unknown): void {
    const waiting = this.#queue;
    this.#queue = [];
    for (const { reject } of waiting) reject(error);
  }

  /** One shared transaction. Its failures reject everything in it; none of that is in the database then. */
  async #group(): Promise<void> {
    const { writer, log } = this.#options;
    try {
      await writer.begin();
    } catch (error) {
      // All who wait now have waited as long for the same lock or disk; each trying it again would take turns of seconds.
      this.#refuseAll(error);
      return;
    }
    const performed: Performed[] = [];
    const startedAt = performance.now();
    try {
      for (let next = this.#queue.shift(); next !== undefined;) {
        const one = await this.#single(next);
        if (one !== undefined) performed.push(one);
        const full = performed.length >= GROUP_MAX || performance.now() - startedAt >= GROUP_MS;
        next = full ? undefined : this.#queue.shift();
      }
      await writer.inTransaction('COMMIT');
      this.#options.onCommit();
    } catch (error) {
      // After a failed COMMIT the transaction may be open still (disk full) or gone already.
      this.#options.onCommit();
      await writer.inTransaction('ROLLBACK').catch(() => undefined);
      for (const { waiting } of performed) waiting.reject(error);
      return;
    }
    for (const { waiting, scope, result } of performed) {
      scope.committed(log);
      waiting.resolve(result);
    }
  }

  /** Performs one transaction of the group; undefined when it was undone. Throws when the whole group is lost. */
  async #single(waiting: Waiting): Promise<Performed | undefined> {
    const { writer, transactionMs } = this.#options;
    const now = Date.now();
    const scope = new TransactionScope({
      dialect: 'sqlite',
      run: async (query) => toQueryResult(await writer.run(query.sql, query.parameters)),
      now: () => Promise.resolve(now),
      limitMs: transactionMs,
    });
    // Statements run in the order sent, so nobody waits for these: both fail only when the shared transaction is lost, and
    // then everything after them fails too, up to its COMMIT.
    const aside = (script: string) => void writer.inTransaction(script).catch(() => undefined);
    aside('SAVEPOINT request');
    try {
      const result = await scope.perform(waiting.work);
      aside('RELEASE request');
      return { waiting, scope, result };
    } catch (error) {
      try {
        await writer.inTransaction('ROLLBACK TO request; RELEASE request');
      } catch {
        // A full or failing disk makes SQLite undo the shared transaction, savepoints and all.
        waiting.reject(error);
        throw new AppError('DATABASE_UNAVAILABLE', 'The write was undone together with one that failed; try again', {
          cause: error,
          headers: { 'Retry-After': '1' },
        });
      }
      waiting.reject(error);
      return undefined;
    }
  }
}

function shuttingDown(): AppError {
  return new AppError('SHUTTING_DOWN', 'The server is shutting down');
}
