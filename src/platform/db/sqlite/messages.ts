import type { StatementResult } from './statement.ts';

/** One statement for the worker that owns a connection. Answered in the order asked. */
export interface StatementRequest {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /**
   * `read`: a statement of a reader. `write`: a statement inside the open transaction. `begin` opens one, undoing what a
   * failure may have left open; `script` (no parameters, no rows) runs inside it. A connection that has lost its
   * transaction refuses `write` and `script`, else they would commit one by one.
   */
  readonly kind: 'read' | 'begin' | 'write' | 'script';
}

export type StatementReply =
  | { readonly id: number; readonly result: StatementResult }
  | { readonly id: number; readonly error: SqliteFailure };

/** What is kept of an SQLite error across the thread boundary. */
export interface SqliteFailure {
  readonly message: string;
  /** SQLite's extended result code; 0 when the error is not SQLite's. */
  readonly errcode: number;
}

export interface ConnectionWorkerData {
  readonly file: string;
  readonly readOnly: boolean;
}
