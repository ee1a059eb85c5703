import type { Pool } from 'pg';
import { AppError } from '../../../kernel/errors.ts';

const INT8_OID = 20;

/** Opens a pool with explicit limits: connect 5 s, statement 30 s, idle in transaction 10 s. 64-bit integers arrive as numbers. */
export async function openPool(uri: string, connections: number): Promise<Pool> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: uri,
    max: connections,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 10_000,
    application_name: 'gantry',
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === INT8_OID ? parseInt8 : pg.types.getTypeParser(oid, format),
    },
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new AppError('INTERNAL', `The number ${text} in the database is too large`);
  return value;
}
