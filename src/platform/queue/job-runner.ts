import { randomUUID } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../db/index.ts';
import type { Logger } from '../log/index.ts';
import { backoffMs, type ClaimedJob, type JobHandler } from './model.ts';
import { claimJob, enqueue, failJob, hasDueJob, releaseJob, removeJob, renewLease } from './store.ts';

/** How long a job belongs to its runner without a sign of life; after a crash it runs again this much later. */
const LEASE_MS = 60_000;
const RENEW_MS = 20_000;
const POLL_MS = 1000;
const SCHEDULE_KEY = 'schedule';

export interface JobRunnerOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly handlers: readonly JobHandler[];
}

/** Runs due jobs one at a time. Several runners, in one process or many, share the work. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #handlers: ReadonlyMap<string, JobHandler>;
  readonly #queues: readonly string[];
  readonly #stopping = new AbortController();
  #cancelPoll: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    this.#handlers = new Map(options.handlers.map((handler) => [handler.queue, handler]));
    this.#queues = [...this.#handlers.keys()];
  }

  /** Plants the periodic jobs and begins to poll (every second, and when {@link wake} is called). */
  async start(): Promise<void> {
    const periodic = this.#options.handlers.filter((handler) => handler.everyMs !== undefined);
    await this.#options.db.transaction(async (tx) => {
      for (const { queue } of periodic) await enqueue(tx, { queue, payload: null, dedupeKey: SCHEDULE_KEY });
    });
    this.wake();
  }

  /** Looks for due jobs now, without waiting for the next poll. */
  wake(): void {
    if (this.#stopping.signal.aborted || this.#running !== undefined) return;
    this.#cancelPoll?.();
    this.#running = this.#drain().finally(() => {
      this.#running = undefined;
      if (!this.#stopping.signal.aborted) {
        this.#cancelPoll = this.#options.clock.after(POLL_MS, () => this.wake());
      }
    });
  }

  /** Ends polling, tells the running job to stop and waits for it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelPoll?.();
    await this.#running;
  }

  /** Runs one due job; false when there was none. */
  async runOnce(): Promise<boolean> {
    const { db } = this.#options;
    if (this.#queues.length === 0 || !(await hasDueJob(db, this.#queues, await db.now()))) return false;
    const lease = { id: randomUUID(), forMs: LEASE_MS };
    const job = await db.transaction((tx) => claimJob(tx, this.#queues, lease));
    if (job === undefined) return false;
    await this.#run(job, lease.id);
    return true;
  }

  async #drain(): Promise<void> {
    try {
      while (!this.#stopping.signal.aborted && (await this.runOnce()));
    } catch (error) {
      this.#options.log.error({ err: error }, 'Jobs could not be read from the database');
    }
  }

  async #run(job: ClaimedJob, leaseId: string): Promise<void> {
    const { db, log } = this.#options;
    const handler = this.#handlers.get(job.queue);
    if (handler === undefined) return;
    const stopRenewing = this.#keepLease(job.id, leaseId);
    try {
      await handler.run(JSON.parse(job.payload), this.#stopping.signal);
      const { everyMs } = handler;
      await db.transaction((tx) =>
        everyMs === undefined
          ? removeJob(tx, job.id, leaseId)
          : releaseJob(tx, job.id, leaseId, { delayMs: everyMs, keepAttempts: false }),
      );
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const final = job.attempts >= job.maxAttempts && handler.everyMs === undefined;
      log.error({ err: error, queue: job.queue, job: job.id, attempt: job.attempts, final }, 'A job failed');
      await db.transaction((tx) =>
        final
          ? failJob(tx, job.id, leaseId, text)
          : releaseJob(tx, job.id, leaseId, { delayMs: backoffMs(job.attempts), error: text, keepAttempts: true }),
      );
    } finally {
      stopRenewing();
    }
  }

  #keepLease(jobId: number, leaseId: string): () => void {
    const { clock, db, log } = this.#options;
    let cancel = (): void => undefined;
    const renew = () => {
      db.transaction((tx) => renewLease(tx, jobId, { id: leaseId, forMs: LEASE_MS })).catch((error: unknown) => {
        log.warn({ err: error, job: jobId }, 'The lease of a job could not be renewed');
      });
      cancel = clock.after(RENEW_MS, renew);
    };
    cancel = clock.after(RENEW_MS, renew);
    return () => cancel();
  }
}
