import type { Client, Pool } from 'pg';
import { AppError } from '../../../kernel/errors.ts';

const CONNECT_MS = 5000;

/**
 * Opens a pool with explicit limits: connect 5 s, statement 30 s, idle in transaction 10 s. Values arrive as SQLite gives
 * them: 64-bit integers and sums as numbers, truth as 0 and 1.
 */
export async function openPool(uri: string, connections: number): Promise<Pool> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: uri,
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: 30_000,
    // Ours runs out when the network has swallowed the server's answer.
    query_timeout: 35_000,
    idle_in_transaction_session_timeout: 10_000,
    application_name: 'gantry',
    types: {
      getTypeParser: (type, format) => {
        const { INT8, NUMERIC, BOOL } = pg.types.builtins;
        if (type === INT8 || type === NUMERIC) return parseNumber;
        return type === BOOL ? parseTruth : pg.types.getTypeParser(type, format);
      },
    },
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}

/** Opens one connection whose statements may take as long as they need. */
export async function openClient(uri: string): Promise<Client> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    connectionString: uri,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    application_name: 'gantry',
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw new AppError('INTERNAL', `The number ${text} in the database is too large`);
  }
  return value;
}

function parseTruth(text: string): number {
  return text === 't' ? 1 : 0;
}
