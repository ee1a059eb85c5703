import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Knows whether the running code is inside the work of a transaction. There only the transaction itself may be used:
 * anything else would wait for the lock that its own transaction holds, or read what the transaction does not see.
 */
const inside = new AsyncLocalStorage<{ open: boolean }>();

export async function insideTransaction<R>(work: () => Promise<R>): Promise<R> {
  // What the work has started (timers, connections) inherits the mark, but may use the database once the work is over.
  const mark = { open: true };
  try {
    return await inside.run(mark, work);
  } finally {
    mark.open = false;
  }
}

/** Throws when called from inside the work of a transaction. */
export function refuseInsideTransaction(): void {
  if (inside.getStore()?.open === true) {
    throw new Error('The database was used inside a transaction; use the transaction that was passed in');
  }
}
