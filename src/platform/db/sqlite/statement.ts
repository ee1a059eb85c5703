import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

export interface StatementResult {
  readonly rows: Record<string, unknown>[];
  readonly changes: number;
  readonly lastInsertRowid: number;
}

/** Distinct statements kept prepared per connection; the product's own number is far below. */
const STATEMENTS_MAX = 500;

interface Prepared {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

/** Runs statements on one connection and keeps them prepared. Synchronous. */
export class StatementRunner {
  readonly #connection: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  run(sql: string, parameters: readonly unknown[]): StatementResult {
    const { statement, returnsRows } = this.#prepare(sql);
    const values = parameters.map(toInputValue);
    if (returnsRows) {
      const rows = statement.all(...values) as Record<string, unknown>[];
      return { rows, changes: rows.length, lastInsertRowid: 0 };
    }
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
  }

  /** Rows only; the shortest way for hot reads. */
  rows(sql: string, parameters: readonly unknown[]): unknown[] {
    return this.#prepare(sql).statement.all(...parameters.map(toInputValue));
  }

  #prepare(sql: string): Prepared {
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      // Lists of varying length (`IN (?, ?, …)`) make statements of their own: the oldest goes, the hot ones are soon back.
      const oldest = this.#prepared.size >= STATEMENTS_MAX ? this.#prepared.keys().next() : undefined;
      if (oldest?.done === false) this.#prepared.delete(oldest.value);
      const statement = this.#connection.prepare(sql);
      prepared = { statement, returnsRows: statement.columns().length > 0 };
      this.#prepared.set(sql, prepared);
    }
    return prepared;
  }
}

function toInputValue(value: unknown): SQLInputValue {
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value as SQLInputValue;
}
