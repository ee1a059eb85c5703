/** A piece of work that survives a restart. */
export interface JobRequest {
  /** Which handler runs it. */
  readonly queue: string;
  /** What the handler needs; stored as JSON. Ids rather than copies: handlers re-read the state. */
  readonly payload?: unknown;
  /** Milliseconds on the database's clock; default: at once. */
  readonly runAt?: number;
  /**
   * At most one job of a queue has this key. Asking again changes nothing while it waits; while it runs, it will run once
   * more with the new payload, because it may have read the state already.
   */
  readonly dedupeKey?: string;
  /** Attempts before the job counts as failed; default 10. */
  readonly maxAttempts?: number;
}

export interface JobHandler {
  readonly queue: string;
  /** Must be repeatable: a job may run again after a crash. `signal` ends when the server stops or the job was lost. */
  readonly run: (payload: unknown, signal: AbortSignal) => Promise<void>;
  /** Runs the handler with payload null this often (ms, from end to start), once per period over all nodes. */
  readonly everyMs?: number;
}

export interface ClaimedJob {
  readonly id: number;
  readonly queue: string;
  readonly payload: string;
  readonly runAt: number;
  /** This one included. */
  readonly attempts: number;
  readonly maxAttempts: number;
}

const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 3_600_000;

/** Delay before the next attempt, in ms: 1 s doubled with each failure, one hour at most. */
export function retryDelayMs(attempts: number): number {
  return Math.min(RETRY_FIRST_MS * 2 ** Math.max(attempts - 1, 0), RETRY_MAX_MS);
}
