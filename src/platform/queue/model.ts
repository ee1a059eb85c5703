/** A piece of work that survives a restart. */
export interface JobRequest {
  /** Which handler runs it. */
  readonly queue: string;
  /** What the handler needs; stored as JSON. Ids rather than copies: handlers re-read the state. */
  readonly payload: unknown;
  /** Milliseconds on the database's clock; default: at once. */
  readonly runAt?: number;
  /** At most one waiting or running job of a queue has this key; asking again changes nothing. */
  readonly dedupeKey?: string;
  /** Attempts before the job counts as failed; default 10. */
  readonly maxAttempts?: number;
}

export interface JobHandler {
  readonly queue: string;
  /** Must be repeatable: a job may run again after a crash. `signal` ends when the server shuts down. */
  readonly run: (payload: unknown, signal: AbortSignal) => Promise<void>;
  /** Runs the handler with an empty payload this often (ms), once per period over all nodes. */
  readonly everyMs?: number;
}

export interface ClaimedJob {
  readonly id: number;
  readonly queue: string;
  readonly payload: string;
  readonly attempts: number;
  readonly maxAttempts: number;
}

const BACKOFF_FIRST_MS = 1000;
const BACKOFF_MAX_MS = 3_600_000;

/** Delay before the next attempt, in ms: 1 s doubled with each failure, one hour at most. */
export function backoffMs(attempts: number): number {
  return Math.min(BACKOFF_FIRST_MS * 2 ** Math.max(attempts - 1, 0), BACKOFF_MAX_MS);
}
