import {
  CompiledQuery,
  Kysely,
  PostgresAdapter,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect as KyselyDialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import type { Dialect } from './database.ts';
import { refuseUnstorable } from './refuse-unstorable.ts';

/** Runs one compiled statement somewhere: a connection, a pool, another thread. */
export type RunStatement = (query: CompiledQuery) => Promise<QueryResult<unknown>>;

/** A kysely over a function. It knows no transactions of its own: those are opened by `Database.transaction` only. */
export function kyselyOver<T>(dialect: Dialect, run: RunStatement): Kysely<T> {
  return new Kysely<T>({ dialect: new FunctionDialect(dialect, run) });
}

class FunctionDialect implements KyselyDialect {
  readonly #dialect: Dialect;
  readonly #run: RunStatement;

  constructor(dialect: Dialect, run: RunStatement) {
    this.#dialect = dialect;
    this.#run = run;
  }

  createDriver(): Driver {
    return new FunctionDriver(this.#run);
  }

  createQueryCompiler(): SqliteQueryCompiler | PostgresQueryCompiler {
    return this.#dialect === 'sqlite' ? new SqliteQueryCompiler() : new PostgresQueryCompiler();
  }

  createAdapter(): SqliteAdapter | PostgresAdapter {
    return this.#dialect === 'sqlite' ? new SqliteAdapter() : new PostgresAdapter();
  }

  createIntrospector(): DatabaseIntrospector {
    throw new Error('The schema is not looked up at run time');
  }
}

class FunctionDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(run: RunStatement) {
    this.#connection = {
      executeQuery: async <R>(query: CompiledQuery) => {
        refuseUnstorable(query.parameters);
        return run(query) as Promise<QueryResult<R>>;
      },
      streamQuery: () => {
        throw new Error('Rows are read in pages, not streamed');
      },
    };
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  beginTransaction(): Promise<void> {
    throw new Error('Open transactions with Database.transaction');
  }

  commitTransaction(): Promise<void> {
    throw new Error('Open transactions with Database.transaction');
  }

  rollbackTransaction(): Promise<void> {
    throw new Error('Open transactions with Database.transaction');
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}
