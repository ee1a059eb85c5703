import { AppError } from '../../kernel/errors.ts';

/** Runs costly work, a few at a time. */
export interface WorkPool {
  /** Runs `work` when a place is free. Errors: TOO_MANY_REQUESTS (with Retry-After) at once when the queue is full. */
  run<R>(work: () => Promise<R>): Promise<R>;
}

/**
 * @param concurrency how many run at once
 * @param queueLimit how many may wait; more are refused, so that a flood costs neither memory nor ever longer waits
 */
export function createWorkPool(concurrency: number, queueLimit: number): WorkPool {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function acquire(): Promise<void> {
    if (running < concurrency) {
      running += 1;
      return;
    }
    if (waiting.length >= queueLimit) {
      throw new AppError('TOO_MANY_REQUESTS', 'Too many sign-ins at once; try again in a few seconds', {
        headers: { 'Retry-After': '2' },
      });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function release(): void {
    const next = waiting.shift();
    // The place is handed over, so that nobody who comes now overtakes those who wait.
    if (next === undefined) running -= 1;
    else next();
  }

  return {
    async run(work) {
      await acquire();
      try {
        return await work();
      } finally {
        release();
      }
    },
  };
}
