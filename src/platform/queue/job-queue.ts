import type { Transaction } from '../db/index.ts';
import type { JobRequest } from './model.ts';
import { insertJob } from './store.ts';

/** Where slices put their jobs. */
export interface JobQueue {
  /** Adds a job as part of the transaction: it runs if and only if the transaction commits. */
  enqueue(tx: Transaction, request: JobRequest): Promise<void>;
  /** Calls back after each commit that has added a job in this process; the returned function ends that. */
  onEnqueued(listener: () => void): () => void;
}

export function createJobQueue(): JobQueue {
  const listeners = new Set<() => void>();
  return {
    async enqueue(tx, request) {
      await insertJob(tx, request);
      tx.afterCommit(() => {
        for (const listener of listeners) listener();
      });
    },
    onEnqueued(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
