import type { CompiledQuery, Kysely } from 'kysely';

export type Dialect = 'sqlite' | 'postgres';

/**
 * The database as slices see it. Slices name the tables they use: `db.read<CatalogTables>()`.
 * Reads outside a transaction see every transaction whose `transaction()` call has resolved, on PostgreSQL those of every
 * node. When the server is lost, they are asked again for up to 10 s.
 */
export interface Database {
  readonly dialect: Dialect;
  /** Point and page reads, each below 1 ms of database time. SQLite: runs on the calling thread, read-only. */
  read<T>(): Kysely<T>;
  /** Reads that may take longer (search, aggregates, exports). SQLite: runs on a reader thread. */
  report<T>(): Kysely<T>;
  /** Runs a precompiled read on the same connection as {@link read} without kysely's per-call cost; for hot paths. */
  rows<R>(query: CompiledQuery<R>): Promise<R[]>;
  /**
   * A number that has changed when anything was committed since: what was read under the same number still holds. Commits
   * of other processes count from the next turn of the event loop on. undefined where nobody can tell: on PostgreSQL.
   */
  generation(): number | undefined;
  /**
   * Runs `work` as one write transaction and resolves after it is durable. Rolls back when `work` throws.
   * Inside `work` only `tx` may be used: any other access to the database throws, and nothing but the database may be
   * awaited. Transactions that take longer than 5 s are rolled back. PostgreSQL: serialization failures and deadlocks are
   * retried up to 3 times, and losses of the server before the commit for up to 10 s, so `work` must be repeatable.
   * Errors: DATABASE_UNAVAILABLE, also when nobody can tell whether the commit has happened; DATABASE_READ_ONLY;
   * STORAGE_FULL.
   */
  transaction<R>(work: (tx: Transaction) => Promise<R>): Promise<R>;
  /** Milliseconds since the epoch on the database's clock. */
  now(): Promise<number>;
  /** How busy the connections are at this moment. */
  usage(): DatabaseUsage;
  /** Waits for running transactions (at most 5 s), then closes. */
  close(): Promise<void>;
}

/** How the connections of this process to its database stand. */
export interface DatabaseUsage {
  /** Connections opened and closed since the start. */
  readonly opened: number;
  readonly closed: number;
  /** Connections at work, and open ones that are not. */
  readonly inUse: number;
  readonly available: number;
  /** Who waits for a connection; SQLite: transactions that wait for the writer. */
  readonly waiting: number;
}

export interface Transaction {
  readonly dialect: Dialect;
  query<T>(): Kysely<T>;
  /** The database's clock, the same value for the whole transaction. */
  now(): Promise<number>;
  /** Runs after the transaction is durable; not at all when it is rolled back. For cache invalidation and hints. */
  afterCommit(callback: () => void): void;
}
