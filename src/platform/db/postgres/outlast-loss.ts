import { setTimeout as delay } from 'node:timers/promises';
import { isConnectionLoss } from './connection-error.ts';

const FIRST_DELAY_MS = 20;
const MAX_DELAY_MS = 500;

export interface OutlastOptions {
  /** For how long after the first loss it is tried again, in ms. A restart of the server takes one or two seconds. */
  readonly forMs: number;
  /** Whether there is no point any more: the database was closed here. */
  readonly isOver: () => boolean;
  /** Whether what was done so far may be done once more; default: always. */
  readonly mayRepeat?: () => boolean;
}

/**
 * Does `attempt`, and does it again for a bounded time while the connection to the server is lost, with growing pauses. The
 * last error is thrown as it is.
 */
export async function outlastLoss<R>(attempt: () => Promise<R>, options: OutlastOptions): Promise<R> {
  let lostAt: number | undefined;
  for (let pauseMs = FIRST_DELAY_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_DELAY_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isConnectionLoss(error) || options.mayRepeat?.() === false || options.isOver()) throw error;
      lostAt ??= performance.now();
      if (performance.now() - lostAt + pauseMs > options.forMs) throw error;
    }
    // Not all at once when the server is back.
    await delay(pauseMs * (0.5 + Math.random() / 2));
  }
}
