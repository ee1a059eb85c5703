import type { CompiledQuery, QueryResult } from 'kysely';
import type { Pool, PoolClient, QueryResult as PgResult } from 'pg';

/** The server's clock in ms, not the start of the transaction: whoever waited for a lock must not write an older time. */
export const NOW = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now';

/** Runs a compiled statement. With a name, the server keeps it prepared on each connection. */
export function runQuery(on: Pool | PoolClient, query: CompiledQuery, name?: string): Promise<PgResult> {
  const values = query.parameters as unknown[];
  return on.query(name === undefined ? { text: query.sql, values } : { text: query.sql, values, name });
}

export function toQueryResult(result: PgResult): QueryResult<unknown> {
  return { rows: result.rows, numAffectedRows: BigInt(result.rowCount ?? 0) };
}

/** Names for statements that the server keeps prepared; only precompiled queries get one, so their number is small. */
export class StatementNames {
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
