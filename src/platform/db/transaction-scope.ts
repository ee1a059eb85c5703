import type { Kysely, QueryResult } from 'kysely';
import { AppError } from '../../kernel/errors.ts';
import type { Dialect, Transaction } from './database.ts';
import { kyselyOver, type RunStatement } from './kysely-driver.ts';
import type { Logger } from '../log/index.ts';
import { insideTransaction } from './transaction-guard.ts';

export interface TransactionScopeOptions {
  readonly dialect: Dialect;
  readonly run: RunStatement;
  readonly now: () => Promise<number>;
  /** How long the work may take, in ms. */
  readonly limitMs: number;
}

/** One transaction while its work runs: what both dialects have in common. */
export class TransactionScope {
  readonly #options: TransactionScopeOptions;
  readonly #afterCommit: (() => void)[] = [];
  #failure: { readonly error: unknown } | undefined;
  #open = true;

  constructor(options: TransactionScopeOptions) {
    this.#options = options;
  }

  /**
   * Runs the work to its end or its time limit. A failed statement dooms the transaction even when the work swallows the
   * error: PostgreSQL has undone it by then, and SQLite must not differ.
   */
  async perform<R>(work: (tx: Transaction) => Promise<R>): Promise<R> {
    const kysely = kyselyOver<unknown>(this.#options.dialect, (query) =>
      this.#statement(() => this.#options.run(query)),
    );
    const tx: Transaction = {
      dialect: this.#options.dialect,
      query: <T>() => kysely as unknown as Kysely<T>,
      now: () => this.#statement(this.#options.now),
      afterCommit: (callback) => this.#afterCommit.push(callback),
    };
    try {
      const result = await this.#limited(insideTransaction(() => work(tx)));
      if (this.#failure !== undefined) throw this.#failure.error;
      return result;
    } finally {
      this.#open = false;
    }
  }

  /** Calls back what waited for the commit. A throwing callback is logged: the transaction has happened. */
  committed(log: Pick<Logger, 'error'> | undefined): void {
    for (const callback of this.#afterCommit) {
      try {
        callback();
      } catch (error) {
        log?.error({ err: error }, 'A callback after a commit failed');
      }
    }
  }

  async #statement<R extends QueryResult<unknown> | number>(run: () => Promise<R>): Promise<R> {
    if (!this.#open) throw new Error('The transaction has ended; its work must await every statement');
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      return await run();
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }

  #limited<R>(work: Promise<R>): Promise<R> {
    const { limitMs } = this.#options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new AppError(
            'DATABASE_UNAVAILABLE',
            `A transaction took longer than ${limitMs} ms and was undone; try again`,
            {
              headers: { 'Retry-After': '1' },
            },
          ),
        );
      }, limitMs);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}
