import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Knows whether the running code is inside the work of a transaction. There only the transaction itself may be used:
 * anything else would wait for the lock that its own transaction holds, or read what the transaction does not see.
 */
const inside = new AsyncLocalStorage<true>();

export function insideTransaction<R>(work: () => Promise<R>): Promise<R> {
  return inside.run(true, work);
}

/** Throws when called from inside the work of a transaction. */
export function refuseInsideTransaction(): void {
  if (inside.getStore() === true) {
    throw new Error('The database was used inside a transaction; use the transaction that was passed in');
  }
}
