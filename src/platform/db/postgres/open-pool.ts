import type { Client, ClientConfig, Pool } from 'pg';
import { AppError } from '../../../kernel/errors.ts';
import type { ConnectionPlan } from './connection-plan.ts';
import type { TlsNegotiation } from './tls-negotiation.ts';

/** A transaction that its process has forgotten is ended by the server after this time. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** Ours runs out this much later than the server's, when the network has swallowed its answer. */
const ANSWER_SLACK_MS = 5000;

/**
 * Opens a pool within the plan's limits. Values arrive as SQLite gives them: 64-bit integers and sums as numbers, truth as 0
 * and 1.
 */
export async function openPool(plan: ConnectionPlan): Promise<Pool> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    ...plan.config,
    ssl: plan.tls.ssl,
    ...(plan.tls.isOpen ? { Client: negotiatingClient(pg.Client, plan.tls) } : {}),
    max: plan.connections,
    connectionTimeoutMillis: plan.connectMs,
    idleTimeoutMillis: plan.idleMs,
    statement_timeout: plan.statementMs,
    query_timeout: plan.statementMs + ANSWER_SLACK_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
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
export async function openClient(plan: ConnectionPlan): Promise<Client> {
  const { default: pg } = await import('pg');
  for (let isSecond = false; ; isSecond = true) {
    const { ssl } = plan.tls;
    const client = new pg.Client({ ...plan.config, ssl, connectionTimeoutMillis: plan.connectMs });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      void client.end().catch(() => undefined);
      if (isSecond || !plan.tls.refused(error, ssl)) throw error;
    }
  }
}

/** A client of the pool that connects the way the server took last, and says when it does no longer. */
function negotiatingClient(base: typeof Client, tls: TlsNegotiation): typeof Client {
  return class extends base {
    constructor(config?: ClientConfig) {
      const { ssl } = tls;
      super({ ...config, ssl });
      // The pool always calls it with a callback.
      const connect = this.connect.bind(this) as (callback: (error: Error, client: Client) => void) => void;
      this.connect = ((callback: (error: Error, client: Client) => void) =>
        connect((error, client) => {
          tls.refused(error, ssl);
          callback(error, client);
        })) as typeof this.connect;
    }
  };
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
