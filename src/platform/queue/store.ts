import type { ExpressionBuilder } from 'kysely';
import type { Database, Transaction } from '../db/index.ts';
import type { ClaimedJob, JobRequest } from './model.ts';
import type { QueueTables } from './tables.ts';

const MAX_ATTEMPTS = 10;
const ERROR_MAX = 1000;
const PERIODIC_KEY = 'schedule';

interface Lease {
  readonly id: string;
  readonly forMs: number;
}

export async function insertJob(tx: Transaction, request: JobRequest): Promise<void> {
  const now = await tx.now();
  await tx
    .query<QueueTables>()
    .insertInto('job')
    .values({
      queue: request.queue,
      payload: JSON.stringify(request.payload ?? null),
      dedupe_key: request.dedupeKey ?? null,
      run_at: request.runAt ?? now,
      max_attempts: request.maxAttempts ?? MAX_ATTEMPTS,
      created_at: now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['queue', 'dedupe_key'])
        .where('dedupe_key', 'is not', null)
        .where('failed_at', 'is', null)
        // Its run_at no longer being the one it was claimed with is how finishJob sees that it was asked for again.
        .doUpdateSet((e) => ({
          payload: e.ref('excluded.payload'),
          run_at: e
            .case()
            .when('excluded.run_at', '>', e.ref('job.run_at'))
            .then(e.ref('excluded.run_at'))
            .else(e('job.run_at', '+', 1))
            .end(),
        }))
        .where('job.lease_id', 'is not', null),
    )
    .execute();
}

/** Makes sure that the periodic job of the queue exists and is not later than its period from now. */
export async function plantPeriodicJob(tx: Transaction, queue: string, everyMs: number): Promise<void> {
  const now = await tx.now();
  const jobs = tx.query<QueueTables>();
  await jobs
    .insertInto('job')
    .values({
      queue,
      payload: 'null',
      dedupe_key: PERIODIC_KEY,
      run_at: now,
      max_attempts: MAX_ATTEMPTS,
      created_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await jobs
    .updateTable('job')
    .set({ run_at: now + everyMs })
    .where('queue', '=', queue)
    .where('dedupe_key', '=', PERIODIC_KEY)
    .where('failed_at', 'is', null)
    .where('run_at', '>', now + everyMs)
    .execute();
}

/** Whether any of the queues has a job to run now. */
export async function hasDueJob(db: Database, queues: readonly string[], now: number): Promise<boolean> {
  const row = await db
    .read<QueueTables>()
    .selectFrom('job')
    .select('id')
    .where((e) => isDue(e, queues, now))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Takes the most overdue job that nobody holds. */
export async function claimJob(
  tx: Transaction,
  queues: readonly string[],
  lease: Lease,
): Promise<ClaimedJob | undefined> {
  const now = await tx.now();
  const query = tx.query<QueueTables>();
  let due = query
    .selectFrom('job')
    .select('id')
    .where((e) => isDue(e, queues, now))
    .orderBy('run_at')
    .limit(1);
  if (tx.dialect === 'postgres') due = due.forUpdate().skipLocked();
  // A locking subquery may be run again for each row of an UPDATE that reads it; by itself it runs once.
  const found = await due.executeTakeFirst();
  if (found === undefined) return undefined;
  return query
    .updateTable('job')
    .set((e) => ({ lease_id: lease.id, lease_until: now + lease.forMs, attempts: e('attempts', '+', 1) }))
    .where('id', '=', found.id)
    .returning(['id', 'queue', 'payload', 'run_at as runAt', 'attempts', 'max_attempts as maxAttempts'])
    .executeTakeFirst();
}

/** Extends the lease; false when another runner has taken the job over. */
export async function renewLease(tx: Transaction, job: ClaimedJob, lease: Lease): Promise<boolean> {
  const result = await heldJob(tx, job, lease.id)
    .set({ lease_until: (await tx.now()) + lease.forMs })
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Removes a job that is done; one that was asked for again meanwhile is put back. */
export async function finishJob(tx: Transaction, job: ClaimedJob, leaseId: string): Promise<void> {
  const removed = await tx
    .query<QueueTables>()
    .deleteFrom('job')
    .where('id', '=', job.id)
    .where('lease_id', '=', leaseId)
    .where('run_at', '=', job.runAt)
    .executeTakeFirst();
  if (removed.numDeletedRows === 1n) return;
  await heldJob(tx, job, leaseId).set({ lease_id: null, lease_until: null, attempts: 0, last_error: null }).execute();
}

/** Puts the job back: for its next period (no error) or after a failure. */
export async function postponeJob(
  tx: Transaction,
  job: ClaimedJob,
  leaseId: string,
  next: { readonly delayMs: number; readonly attempts: number; readonly error?: string },
): Promise<void> {
  await heldJob(tx, job, leaseId)
    .set({
      lease_id: null,
      lease_until: null,
      run_at: (await tx.now()) + next.delayMs,
      attempts: next.attempts,
      last_error: storableError(next.error),
    })
    .execute();
}

/** Gives the job up. It stays as a row that tells what happened. */
export async function failJob(tx: Transaction, job: ClaimedJob, leaseId: string, error: string): Promise<void> {
  await heldJob(tx, job, leaseId)
    .set({ lease_id: null, lease_until: null, failed_at: await tx.now(), last_error: storableError(error) })
    .execute();
}

function heldJob(tx: Transaction, job: ClaimedJob, leaseId: string) {
  return tx.query<QueueTables>().updateTable('job').where('id', '=', job.id).where('lease_id', '=', leaseId);
}

function isDue(e: ExpressionBuilder<QueueTables, 'job'>, queues: readonly string[], now: number) {
  return e.and([
    e('queue', 'in', queues),
    e('failed_at', 'is', null),
    e('run_at', '<=', now),
    e.or([e('lease_until', 'is', null), e('lease_until', '<', now)]),
  ]);
}

/** An error's text may hold what a database refuses. */
function storableError(error: string | undefined): string | null {
  return error?.replaceAll('\0', ' ').slice(0, ERROR_MAX) ?? null;
}

/** The jobs of one queue at a moment. */
export interface JobCounts {
  readonly queue: string;
  /** Due, and nobody works on them. */
  readonly available: number;
  readonly locked: number;
  /** Given up. */
  readonly failed: number;
  /** How long the most overdue one has waited. */
  readonly overdueMs: number;
}

/** Counts the jobs that are due, worked on or given up; those planned for later are none of these. */
export async function countJobs(db: Database): Promise<readonly JobCounts[]> {
  const now = await db.now();
  const rows = await db
    .report<QueueTables>()
    .selectFrom('job')
    .select((e) => {
      const failed = e('failed_at', 'is not', null);
      const locked = e.and([e('failed_at', 'is', null), e('lease_until', '>=', now)]);
      const available = e.and([
        e('failed_at', 'is', null),
        e('run_at', '<=', now),
        e.or([e('lease_until', 'is', null), e('lease_until', '<', now)]),
      ]);
      const count = (which: typeof failed) => e.fn.sum<number>(e.case().when(which).then(1).else(0).end());
      return [
        'queue',
        count(failed).as('failed'),
        count(locked).as('locked'),
        count(available).as('available'),
        e.fn.min<number | null>(e.case().when(available).then(e.ref('run_at')).end()).as('oldest'),
      ];
    })
    .groupBy('queue')
    .orderBy('queue')
    .execute();
  return rows.map(({ oldest, ...row }) => ({ ...row, overdueMs: oldest === null ? 0 : Math.max(now - oldest, 0) }));
}
