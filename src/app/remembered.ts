import type { Clock } from '../kernel/clock.ts';

/** How long a failure counts, in ms: what is asked for rarely must not stay unknown as long. */
const FAILURE_MS = 1000;

export interface RememberedOptions<T> {
  readonly read: () => Promise<T>;
  /** How long an answer counts, in ms. */
  readonly forMs: number;
  /** How long a caller waits at most, in ms. */
  readonly limitMs: number;
  readonly clock: Clock;
}

/** Reading took longer than its limit. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

/**
 * Something that costs to find out and is asked for by anybody, as often as they like. It is found out once at a time; while it
 * hangs, nothing more is begun, and who asks after the limit is told so at once. Errors: those of `read`; {@link TimeLimitError}.
 */
export function remembered<T>({ read, forMs, limitMs, clock }: RememberedOptions<T>): () => Promise<T> {
  let last: { readonly until: number; readonly answer: Promise<T> } | undefined;
  let running: Promise<T> | undefined;

  function begin(): Promise<T> {
    const reading = read();
    const limit = Promise.withResolvers<never>();
    const cancel = clock.after(limitMs, () =>
      limit.reject(new TimeLimitError(`There was no answer within ${limitMs} ms`)),
    );
    const settled = (keepMs: number): void => {
      cancel();
      last = { until: clock.now() + keepMs, answer: reading };
      running = undefined;
    };
    reading.then(
      () => settled(forMs),
      () => settled(Math.min(forMs, FAILURE_MS)),
    );
    const bounded = Promise.race([reading, limit.promise]);
    // Whoever asked may have gone by then.
    bounded.catch(() => undefined);
    return bounded;
  }

  return () => {
    if (last !== undefined && clock.now() < last.until) return last.answer;
    running ??= begin();
    return running;
  };
}
