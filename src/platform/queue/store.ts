import type { Database, Transaction } from '../db/index.ts';
import type { ClaimedJob, JobRequest } from './model.ts';
import type { QueueTables } from './tables.ts';

const MAX_ATTEMPTS = 10;
const ERROR_MAX = 1000;

/** Adds a job as part of the transaction: it runs if and only if the transaction commits. */
export async function enqueue(tx: Transaction, request: JobRequest): Promise<void> {
  const now = await tx.now();
  await tx
    .query<QueueTables>()
    .insertInto('job')
    .values({
      queue: request.queue,
      payload: JSON.stringify(request.payload),
      dedupe_key: request.dedupeKey ?? null,
      run_at: request.runAt ?? now,
      max_attempts: request.maxAttempts ?? MAX_ATTEMPTS,
      lease_id: null,
      lease_until: null,
      last_error: null,
      failed_at: null,
      created_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Whether any of the queues has a job to run now. */
export async function hasDueJob(db: Database, queues: readonly string[], now: number): Promise<boolean> {
  const row = await db
    .read<QueueTables>()
    .selectFrom('job')
    .select('id')
    .where('queue', 'in', queues)
    .where('failed_at', 'is', null)
    .where('run_at', '<=', now)
    .where((e) => e.or([e('lease_until', 'is', null), e('lease_until', '<', now)]))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Takes the most overdue job that nobody holds. */
export async function claimJob(
  tx: Transaction,
  queues: readonly string[],
  lease: { readonly id: string; readonly forMs: number },
): Promise<ClaimedJob | undefined> {
  const now = await tx.now();
  const query = tx.query<QueueTables>();
  let due = query
    .selectFrom('job')
    .select('id')
    .where('queue', 'in', queues)
    .where('failed_at', 'is', null)
    .where('run_at', '<=', now)
    .where((e) => e.or([e('lease_until', 'is', null), e('lease_until', '<', now)]))
    .orderBy('run_at')
    .limit(1);
  if (tx.dialect === 'postgres') due = due.forUpdate().skipLocked();
  const row = await query
    .updateTable('job')
    .set((e) => ({ lease_id: lease.id, lease_until: now + lease.forMs, attempts: e('attempts', '+', 1) }))
    .where('id', 'in', due)
    .returning(['id', 'queue', 'payload', 'attempts', 'max_attempts as maxAttempts'])
    .executeTakeFirst();
  return row;
}

/** Extends the lease; false when another runner has taken the job over. */
export async function renewLease(
  tx: Transaction,
  jobId: number,
  lease: { readonly id: string; readonly forMs: number },
): Promise<boolean> {
  const result = await tx
    .query<QueueTables>()
    .updateTable('job')
    .set({ lease_until: (await tx.now()) + lease.forMs })
    .where('id', '=', jobId)
    .where('lease_id', '=', lease.id)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function removeJob(tx: Transaction, jobId: number, leaseId: string): Promise<void> {
  await tx.query<QueueTables>().deleteFrom('job').where('id', '=', jobId).where('lease_id', '=', leaseId).execute();
}

/** Puts the job back: for its next period (no error) or after a failure. */
export async function releaseJob(
  tx: Transaction,
  jobId: number,
  leaseId: string,
  next: { readonly delayMs: number; readonly error?: string; readonly keepAttempts: boolean },
): Promise<void> {
  await tx
    .query<QueueTables>()
    .updateTable('job')
    .set({
      lease_id: null,
      lease_until: null,
      run_at: (await tx.now()) + next.delayMs,
      last_error: next.error?.slice(0, ERROR_MAX) ?? null,
      ...(next.keepAttempts ? {} : { attempts: 0 }),
    })
    .where('id', '=', jobId)
    .where('lease_id', '=', leaseId)
    .execute();
}

/** Gives the job up. It stays as a row that tells what happened. */
export async function failJob(tx: Transaction, jobId: number, leaseId: string, error: string): Promise<void> {
  await tx
    .query<QueueTables>()
    .updateTable('job')
    .set({ lease_id: null, lease_until: null, failed_at: await tx.now(), last_error: error.slice(0, ERROR_MAX) })
    .where('id', '=', jobId)
    .where('lease_id', '=', leaseId)
    .execute();
}
