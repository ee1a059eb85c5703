import { describe, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { Database } from '../db/index.ts';
import { createLogger } from '../log/index.ts';
import { backoffMs, type JobHandler } from './model.ts';
import { JobRunner, enqueue } from './index.ts';
import type { QueueTables } from './tables.ts';

const log = createLogger({ level: 'silent' });
const runner = (db: Database, ...handlers: JobHandler[]) => new JobRunner({ db, clock: systemClock, log, handlers });
const rows = (db: Database, queue: string) =>
  db.read<QueueTables>().selectFrom('job').selectAll().where('queue', '=', queue).execute();

describeOnBothDatabases('JobRunner', (context) => {
  it('runs a job once and removes it', async () => {
    const { db } = context();
    const seen: unknown[] = [];
    const jobs = runner(db, { queue: 'once', run: async (payload) => void seen.push(payload) });
    await db.transaction((tx) => enqueue(tx, { queue: 'once', payload: { id: 7 } }));
    expect(await jobs.runOnce()).toBe(true);
    expect(await jobs.runOnce()).toBe(false);
    expect(seen).toEqual([{ id: 7 }]);
  });

  it('does not run a job whose transaction was undone, nor one that is not due', async () => {
    const { db } = context();
    const jobs = runner(db, { queue: 'undone', run: async () => undefined });
    await db
      .transaction(async (tx) => {
        await enqueue(tx, { queue: 'undone', payload: 1 });
        throw new Error('no');
      })
      .catch(() => undefined);
    const later = (await db.now()) + 60_000;
    await db.transaction((tx) => enqueue(tx, { queue: 'undone', payload: 2, runAt: later }));
    expect(await jobs.runOnce()).toBe(false);
  });

  it('keeps one job per key', async () => {
    const { db } = context();
    for (let i = 0; i < 3; i++)
      await db.transaction((tx) => enqueue(tx, { queue: 'keyed', payload: i, dedupeKey: 'k' }));
    expect((await rows(db, 'keyed')).map((row) => row.payload)).toEqual(['0']);
  });

  it('gives each job to one of two competing runners', async () => {
    const { db } = context();
    const seen: unknown[] = [];
    const handler: JobHandler = { queue: 'shared', run: async (payload) => void seen.push(payload) };
    for (let i = 0; i < 20; i++) await db.transaction((tx) => enqueue(tx, { queue: 'shared', payload: i }));
    const drain = async (jobs: JobRunner) => {
      while (await jobs.runOnce());
    };
    await Promise.all([drain(runner(db, handler)), drain(runner(db, handler))]);
    while (await runner(db, handler).runOnce());
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('puts a failing job off, and gives it up after its last attempt', async () => {
    const { db } = context();
    const jobs = runner(db, { queue: 'failing', run: () => Promise.reject(new Error('broken pipe')) });
    await db.transaction((tx) => enqueue(tx, { queue: 'failing', payload: null, maxAttempts: 2 }));
    await jobs.runOnce();
    const [waiting] = await rows(db, 'failing');
    expect(waiting).toMatchObject({ attempts: 1, last_error: 'broken pipe', failed_at: null, lease_id: null });
    expect(waiting?.run_at).toBeGreaterThan(await db.now());
    await db.transaction((tx) =>
      tx.query<QueueTables>().updateTable('job').set({ run_at: 0 }).where('queue', '=', 'failing').execute(),
    );
    await jobs.runOnce();
    const [failed] = await rows(db, 'failing');
    expect(failed?.attempts).toBe(2);
    expect(failed?.failed_at).not.toBeNull();
    expect(await jobs.runOnce()).toBe(false);
  });

  it('takes over a job whose runner has died', async () => {
    const { db } = context();
    await db.transaction((tx) => enqueue(tx, { queue: 'orphan', payload: 'x' }));
    await db.transaction((tx) =>
      tx
        .query<QueueTables>()
        .updateTable('job')
        .set({ lease_id: 'dead', lease_until: 1, attempts: 1 })
        .where('queue', '=', 'orphan')
        .execute(),
    );
    const seen: unknown[] = [];
    await runner(db, { queue: 'orphan', run: async (payload) => void seen.push(payload) }).runOnce();
    expect(seen).toEqual(['x']);
    expect(await rows(db, 'orphan')).toEqual([]);
  });

  it('plants a periodic job once over all nodes and puts it off by its period', async () => {
    const { db } = context();
    let runs = 0;
    const ran = Promise.withResolvers<void>();
    const handler: JobHandler = {
      queue: 'periodic',
      everyMs: 3_600_000,
      run: async () => {
        runs += 1;
        ran.resolve();
      },
    };
    const nodes = [runner(db, handler), runner(db, handler)];
    for (const node of nodes) await node.start();
    await ran.promise;
    for (const node of nodes) await node.stop();
    expect(runs).toBe(1);
    const planted = await rows(db, 'periodic');
    expect(planted.length).toBe(1);
    expect(planted[0]?.run_at).toBeGreaterThan((await db.now()) + 3_000_000);
  });
});

describe('backoffMs', () => {
  it('doubles from one second to one hour', () => {
    expect([1, 2, 5, 50].map(backoffMs)).toEqual([1000, 2000, 16_000, 3_600_000]);
  });
});
