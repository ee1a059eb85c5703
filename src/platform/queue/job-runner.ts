import { randomUUID } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Database } from '../db/index.ts';
import type { Logger } from '../log/index.ts';
import type { JobQueue } from './job-queue.ts';
import { retryDelayMs, type ClaimedJob, type JobHandler } from './model.ts';
import { claimJob, failJob, finishJob, hasDueJob, plantPeriodicJob, postponeJob, renewLease } from './store.ts';

/** How long a job belongs to its runner without a sign of life; after a crash it runs again this much later. */
const LEASE_MS = 60_000;
const RENEW_MS = 20_000;
/** Time between two looks for due jobs; the random part keeps nodes from looking all at once. */
const POLL_MS = 1000;
const POLL_JITTER_MS = 250;
const CONCURRENCY = 4;
const STOP_MS = 10_000;

export interface JobRunnerOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly handlers: readonly JobHandler[];
  /** Its new jobs are looked for at once instead of at the next poll. */
  readonly queue?: JobQueue;
  /** Jobs that may run at the same time in this process; default 4. */
  readonly concurrency?: number;
}

/** Runs due jobs, a few at a time. Several runners, in one process or many, share the work. */
export class JobRunner {
  readonly #options: JobRunnerOptions;
  readonly #handlers: ReadonlyMap<string, JobHandler>;
  readonly #queues: readonly string[];
  readonly #stopping = new AbortController();
  readonly #loops = new Set<Promise<void>>();
  #cancelPoll: (() => void) | undefined;
  #unsubscribe: (() => void) | undefined;
  #databaseFailed = false;
  #isPlanted = false;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    this.#handlers = new Map(options.handlers.map((handler) => [handler.queue, handler]));
    this.#queues = [...this.#handlers.keys()];
  }

  /**
   * Plants the periodic jobs and begins to look for due jobs: about every second, and when {@link wake} is called. While the
   * database is away or accepts no changes, both wait for it.
   */
  async start(): Promise<void> {
    try {
      await this.#plant();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#tellFailure(error);
    }
    this.#unsubscribe = this.#options.queue?.onEnqueued(() => this.wake());
    this.wake();
    this.#poll();
  }

  /** Looks for due jobs now. */
  wake(): void {
    if (this.#stopping.signal.aborted || this.#loops.size >= (this.#options.concurrency ?? CONCURRENCY)) return;
    const loop = this.#drain().finally(() => this.#loops.delete(loop));
    this.#loops.add(loop);
  }

  /** Takes no more jobs, tells the running ones to stop and waits for them up to `limitMs`; others take over what is left. */
  async stop(limitMs = STOP_MS): Promise<void> {
    this.#stopping.abort();
    this.#cancelPoll?.();
    this.#unsubscribe?.();
    const limit = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(limitMs, limit.resolve);
    await Promise.race([Promise.all(this.#loops), limit.promise]);
    cancel();
  }

  /** Runs one due job to its end; false when there was none. */
  async runOnce(): Promise<boolean> {
    const lease = { id: randomUUID(), forMs: LEASE_MS };
    const job = await this.#claim(lease);
    if (job === undefined) return false;
    await this.#run(job, lease.id);
    return true;
  }

  #poll(): void {
    this.#cancelPoll = this.#options.clock.after(POLL_MS + Math.random() * POLL_JITTER_MS, () => {
      this.wake();
      this.#poll();
    });
  }

  async #plant(): Promise<void> {
    await this.#options.db.transaction(async (tx) => {
      for (const { queue, everyMs } of this.#options.handlers) {
        if (everyMs !== undefined) await plantPeriodicJob(tx, queue, everyMs);
      }
    });
    this.#isPlanted = true;
  }

  async #drain(): Promise<void> {
    try {
      if (!this.#isPlanted) await this.#plant();
      for (let more = true; more && !this.#stopping.signal.aborted;) {
        const lease = { id: randomUUID(), forMs: LEASE_MS };
        const job = await this.#claim(lease);
        more = job !== undefined;
        if (job === undefined) continue;
        // Where one job was due there may be more.
        this.wake();
        await this.#run(job, lease.id);
      }
      this.#databaseFailed = false;
    } catch (error) {
      this.#tellFailure(error);
    }
  }

  /** Said once: while the database is away, every poll fails. */
  #tellFailure(error: unknown): void {
    if (!this.#databaseFailed)
      this.#options.log.error({ err: error }, 'Jobs wait until the database can be written again');
    this.#databaseFailed = true;
  }

  async #claim(lease: { readonly id: string; readonly forMs: number }): Promise<ClaimedJob | undefined> {
    const { db } = this.#options;
    // A read first: on SQLite it spares the one writer a transaction for each poll.
    if (this.#queues.length === 0 || !(await hasDueJob(db, this.#queues, await db.now()))) return undefined;
    return db.transaction((tx) => claimJob(tx, this.#queues, lease));
  }

  async #run(job: ClaimedJob, leaseId: string): Promise<void> {
    const { db, log } = this.#options;
    const handler = this.#handlers.get(job.queue);
    if (handler === undefined) return;
    const { everyMs } = handler;
    if (everyMs === undefined && job.attempts > job.maxAttempts) {
      log.error({ queue: job.queue, job: job.id }, 'A job was given up: each of its attempts ended with its process');
      await db.transaction((tx) => failJob(tx, job, leaseId, 'Each attempt ended with its process'));
      return;
    }
    const lost = new AbortController();
    const stopRenewing = this.#keepLease(job, leaseId, lost);
    try {
      // A handler that waits for the signal's event would wait for ever when it has come already.
      this.#stopping.signal.throwIfAborted();
      await handler.run(JSON.parse(job.payload), AbortSignal.any([this.#stopping.signal, lost.signal]));
      await db.transaction((tx) =>
        everyMs === undefined
          ? finishJob(tx, job, leaseId)
          : postponeJob(tx, job, leaseId, { delayMs: everyMs, attempts: 0 }),
      );
    } catch (error) {
      await this.#failed(job, leaseId, everyMs, error);
    } finally {
      stopRenewing();
    }
  }

  async #failed(job: ClaimedJob, leaseId: string, everyMs: number | undefined, error: unknown): Promise<void> {
    const { db, log } = this.#options;
    if (this.#stopping.signal.aborted) {
      // Cut short, not failed: the attempt does not count.
      await db.transaction((tx) => postponeJob(tx, job, leaseId, { delayMs: 0, attempts: job.attempts - 1 }));
      return;
    }
    const text = error instanceof Error ? error.message : String(error);
    const final = job.attempts >= job.maxAttempts && everyMs === undefined;
    log.error({ err: error, queue: job.queue, job: job.id, attempt: job.attempts, final }, 'A job failed');
    const delayMs = Math.min(retryDelayMs(job.attempts), everyMs ?? Number.POSITIVE_INFINITY);
    await db.transaction((tx) =>
      final
        ? failJob(tx, job, leaseId, text)
        : postponeJob(tx, job, leaseId, { delayMs, attempts: job.attempts, error: text }),
    );
  }

  /** Renews the lease until the returned function is called; aborts `lost` when another runner has taken the job over. */
  #keepLease(job: ClaimedJob, leaseId: string, lost: AbortController): () => void {
    const { clock, db, log } = this.#options;
    let cancel = (): void => undefined;
    const renew = async (): Promise<void> => {
      try {
        const held = await db.transaction((tx) => renewLease(tx, job, { id: leaseId, forMs: LEASE_MS }));
        if (!held) lost.abort(new Error('Another runner has taken the job over'));
      } catch (error) {
        log.warn({ err: error, queue: job.queue, job: job.id }, 'The lease of a job could not be renewed');
      }
    };
    const plan = (): void => {
      cancel = clock.after(RENEW_MS, () => {
        void renew();
        plan();
      });
    };
    plan();
    return () => cancel();
  }
}
