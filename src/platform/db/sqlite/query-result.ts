import type { QueryResult } from 'kysely';
import type { StatementResult } from './statement.ts';

export function toQueryResult(result: StatementResult): QueryResult<unknown> {
  return { rows: result.rows, numAffectedRows: BigInt(result.changes), insertId: BigInt(result.lastInsertRowid) };
}
