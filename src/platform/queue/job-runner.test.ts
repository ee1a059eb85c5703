import { describe, expect, inject, it } from 'vitest';
import { createTestDatabase, describeOnBothDatabases } from '../../../test/support/databases.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { createPostgresDatabase, type Database } from '../db/index.ts';
import { createLogger } from '../log/index.ts';
import { createJobQueue, JobRunner, type JobHandler, type JobRequest, type JobRunnerOptions } from './index.ts';
import { retryDelayMs } from './model.ts';
import type { QueueTables } from './tables.ts';

const log = createLogger({ level: 'silent' });
const queue = createJobQueue();

/** A clock whose timers run when the test says so. */
function stoppedClock(): Clock & { tick: () => void } {
  const timers = new Set<() => void>();
  return {
    now: () => 0,
    after(_delayMs, callback) {
      timers.add(callback);
      return () => void timers.delete(callback);
    },
    tick() {
      const due = [...timers];
      timers.clear();
      for (const callback of due) callback();
    },
  };
}

describeOnBothDatabases('JobRunner', (context) => {
  const runner = (handlers: readonly JobHandler[], options: Partial<JobRunnerOptions> = {}) =>
    new JobRunner({ db: context().db, clock: stoppedClock(), log, handlers, ...options });
  const enqueue = (request: JobRequest) => context().db.transaction((tx) => queue.enqueue(tx, request));
  const rows = (name: string) =>
    context().db.read<QueueTables>().selectFrom('job').selectAll().where('queue', '=', name).execute();
  const change = (name: string, values: Partial<Awaited<ReturnType<typeof rows>>[number]>) =>
    context().db.transaction((tx) =>
      tx.query<QueueTables>().updateTable('job').set(values).where('queue', '=', name).execute(),
    );
  const collecting = (name: string, seen: unknown[]): JobHandler => ({
    queue: name,
    run: async (payload) => void seen.push(payload),
  });
  /** A handler that says when it begins and ends when it is told to. */
  const held = (name: string) => {
    const begun = Promise.withResolvers<AbortSignal>();
    const end = Promise.withResolvers<void>();
    const handler: JobHandler = {
      queue: name,
      run: (_payload, signal) => {
        begun.resolve(signal);
        return end.promise;
      },
    };
    return { handler, begun: begun.promise, end };
  };

  it('runs a job once and removes it', async () => {
    const seen: unknown[] = [];
    const jobs = runner([collecting('once', seen)]);
    await enqueue({ queue: 'once', payload: { id: 7 } });
    expect(await jobs.runOnce()).toBe(true);
    expect(await jobs.runOnce()).toBe(false);
    expect(seen).toEqual([{ id: 7 }]);
    expect(await rows('once')).toEqual([]);
  });

  it('does not run a job whose transaction was undone, nor one that is not due', async () => {
    const { db } = context();
    const jobs = runner([collecting('undone', [])]);
    const undone = db.transaction(async (tx) => {
      await queue.enqueue(tx, { queue: 'undone' });
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    await enqueue({ queue: 'undone', runAt: (await db.now()) + 60_000 });
    expect(await jobs.runOnce()).toBe(false);
  });

  it('keeps one waiting job per key', async () => {
    for (let i = 0; i < 3; i++) await enqueue({ queue: 'keyed', payload: i, dedupeKey: 'k' });
    await enqueue({ queue: 'keyed', payload: 'other', dedupeKey: 'l' });
    expect((await rows('keyed')).map((row) => row.payload)).toEqual(['0', '"other"']);
  });

  it('runs a job once more that was asked for again while it ran', async () => {
    const seen: unknown[] = [];
    const again: JobHandler = {
      queue: 'again',
      run: async (payload) => {
        seen.push(payload);
        if (payload === 1) for (const next of [2, 3]) await enqueue({ queue: 'again', payload: next, dedupeKey: 'k' });
      },
    };
    await enqueue({ queue: 'again', payload: 1, dedupeKey: 'k' });
    const jobs = runner([again]);
    await jobs.runOnce();
    // The second request is for a time after the first one's, at most a few ms from now.
    await expect.poll(() => jobs.runOnce()).toBe(true);
    expect(await jobs.runOnce()).toBe(false);
    expect(seen).toEqual([1, 3]);
    expect(await rows('again')).toEqual([]);
  });

  it('gives each job to one of two competing runners', async () => {
    const seen: unknown[] = [];
    const handlers = [collecting('shared', seen)];
    for (let i = 0; i < 20; i++) await enqueue({ queue: 'shared', payload: i });
    const drain = async (jobs: JobRunner) => {
      while (await jobs.runOnce());
    };
    await Promise.all([drain(runner(handlers)), drain(runner(handlers))]);
    await drain(runner(handlers));
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('puts a failing job off, and gives it up after its last attempt', async () => {
    const jobs = runner([{ queue: 'failing', run: () => Promise.reject(new Error('broken\0pipe')) }]);
    await enqueue({ queue: 'failing', maxAttempts: 2 });
    await jobs.runOnce();
    const [waiting] = await rows('failing');
    expect(waiting).toMatchObject({ attempts: 1, last_error: 'broken pipe', failed_at: null, lease_id: null });
    expect(waiting?.run_at).toBeGreaterThan(await context().db.now());
    await change('failing', { run_at: 0 });
    await jobs.runOnce();
    const [failed] = await rows('failing');
    expect(failed).toMatchObject({ attempts: 2, failed_at: expect.any(Number), last_error: 'broken pipe' });
    expect(await jobs.runOnce()).toBe(false);
  });

  it('takes over a job whose runner has died', async () => {
    const seen: unknown[] = [];
    await enqueue({ queue: 'orphan', payload: 'x' });
    await change('orphan', { lease_id: 'dead', lease_until: 1, attempts: 1 });
    await runner([collecting('orphan', seen)]).runOnce();
    expect(seen).toEqual(['x']);
    expect(await rows('orphan')).toEqual([]);
  });

  it('gives up a job that ended its process on each attempt', async () => {
    const seen: unknown[] = [];
    await enqueue({ queue: 'poison', maxAttempts: 3 });
    await change('poison', { lease_id: 'dead', lease_until: 1, attempts: 3 });
    await runner([collecting('poison', seen)]).runOnce();
    expect(seen).toEqual([]);
    expect(await rows('poison')).toMatchObject([{ failed_at: expect.any(Number), lease_id: null }]);
  });

  it('renews the lease while a job runs and tells the handler when it is lost', async () => {
    const clock = stoppedClock();
    const { handler, begun, end } = held('long');
    await enqueue({ queue: 'long' });
    const running = runner([handler], { clock }).runOnce();
    const signal = await begun;
    await change('long', { lease_until: 5 });
    clock.tick();
    await expect.poll(async () => (await rows('long'))[0]?.lease_until).toBeGreaterThan(5);
    expect(signal.aborted).toBe(false);
    await change('long', { lease_id: 'another' });
    clock.tick();
    await expect.poll(() => signal.aborted).toBe(true);
    end.resolve();
    await running;
    // What belongs to another runner is not touched.
    expect(await rows('long')).toMatchObject([{ lease_id: 'another' }]);
  });

  it('runs a new job at once, beside one that takes long', async () => {
    const { handler, begun, end } = held('slow');
    const ran = Promise.withResolvers<unknown>();
    const quick: JobHandler = { queue: 'quick', run: async (payload) => ran.resolve(payload) };
    const jobs = runner([handler, quick], { queue });
    await jobs.start();
    await enqueue({ queue: 'slow' });
    await begun;
    await enqueue({ queue: 'quick', payload: 1 });
    expect(await ran.promise).toBe(1);
    end.resolve();
    await jobs.stop();
  });

  it('finds jobs of other processes by polling', async () => {
    const clock = stoppedClock();
    const seen: unknown[] = [];
    const jobs = runner([collecting('polled', seen)], { clock });
    await jobs.start();
    await enqueue({ queue: 'polled', payload: 1 });
    clock.tick();
    await expect.poll(() => seen).toEqual([1]);
    await jobs.stop();
  });

  it('lets running jobs finish when it stops, and puts back those that are cut short', async () => {
    const cut: JobHandler = {
      queue: 'cut',
      run: (_payload, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
    };
    const { handler, begun, end } = held('finishing');
    const jobs = runner([cut, handler], { queue });
    await jobs.start();
    await enqueue({ queue: 'cut' });
    await enqueue({ queue: 'finishing' });
    await begun;
    await expect.poll(async () => (await rows('cut'))[0]?.lease_id).toBeTypeOf('string');
    const stopped = jobs.stop();
    end.resolve();
    await stopped;
    expect(await rows('finishing')).toEqual([]);
    expect(await rows('cut')).toMatchObject([{ attempts: 0, lease_id: null, last_error: null }]);
  });

  it('does not wait for ever for a job that does not stop', async () => {
    const clock = stoppedClock();
    const { handler, begun, end } = held('deaf');
    const jobs = runner([handler], { clock, queue });
    await jobs.start();
    await enqueue({ queue: 'deaf' });
    await begun;
    const stopped = jobs.stop();
    clock.tick();
    await stopped;
    end.resolve();
  });

  it('plants a periodic job once over all nodes and puts it off by its period', async () => {
    let runs = 0;
    const ran = Promise.withResolvers<void>();
    const periodic = (everyMs: number): JobHandler => ({
      queue: 'periodic',
      everyMs,
      run: async () => {
        runs += 1;
        ran.resolve();
      },
    });
    const nodes = [runner([periodic(3_600_000)]), runner([periodic(3_600_000)])];
    for (const node of nodes) await node.start();
    await ran.promise;
    for (const node of nodes) await node.stop();
    expect(runs).toBe(1);
    const planted = await rows('periodic');
    expect(planted.length).toBe(1);
    expect(planted[0]?.run_at).toBeGreaterThan((await context().db.now()) + 3_000_000);
    const hastier = runner([periodic(60_000)]);
    await hastier.start();
    await hastier.stop();
    expect((await rows('periodic'))[0]?.run_at).toBeLessThanOrEqual((await context().db.now()) + 60_000);
  });
});

describeOnBothDatabases('JobRunner on a database that takes no changes', (context) => {
  it('starts all the same, and plants its periodic jobs when it does again', async () => {
    const { db } = context();
    let isReadOnly = true;
    const refusing: Database = {
      ...db,
      dialect: db.dialect,
      transaction: (work) =>
        isReadOnly ? Promise.reject(new AppError('DATABASE_READ_ONLY', 'no changes')) : db.transaction(work),
    };
    const ran = Promise.withResolvers<void>();
    const handler: JobHandler = { queue: 'late', everyMs: 3_600_000, run: async () => ran.resolve() };
    const clock = stoppedClock();
    const jobs = new JobRunner({ db: refusing, clock, log, handlers: [handler] });
    await jobs.start();
    isReadOnly = false;
    clock.tick();
    await ran.promise;
    await jobs.stop();
  });
});

describe('several nodes with one queue', () => {
  it.skipIf('missing' in inject('postgres'))('no job runs twice at once, and a dead node holds none back', async () => {
    const { db: first, uri, drop } = await createTestDatabase('postgres');
    const open = () => createPostgresDatabase({ uri, migrations: [] });
    const others = [await open(), await open()];
    const running = new Set<number>();
    const done: number[] = [];
    let overlaps = 0;
    const work: JobHandler = {
      queue: 'shared',
      async run(payload) {
        const id = Number(payload);
        if (running.has(id)) overlaps += 1;
        running.add(id);
        await first.now();
        running.delete(id);
        done.push(id);
      },
    };
    const count = 60;
    for (let id = 0; id < count; id += 1) {
      await first.transaction((tx) => queue.enqueue(tx, { queue: 'shared', payload: id }));
    }
    // A node that has died with a job: nobody renews the lease, which has run out.
    await first.transaction((tx) =>
      tx
        .query<QueueTables>()
        .updateTable('job')
        .set({ lease_id: 'of a dead node', lease_until: 1, attempts: 1 })
        .where('payload', '=', '7')
        .execute(),
    );
    const nodes = [first, ...others].map((db) => new JobRunner({ db, clock: stoppedClock(), log, handlers: [work] }));
    await Promise.all(nodes.map((node) => node.start()));
    await expect.poll(() => done.length, { timeout: 20_000 }).toBe(count);
    for (const node of nodes) await node.stop();
    expect(overlaps).toBe(0);
    expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, id) => id));
    for (const db of others) await db.close();
    await drop();
  });
});

describe('retryDelayMs', () => {
  it('doubles from one second to one hour', () => {
    expect([1, 2, 5, 50].map(retryDelayMs)).toEqual([1000, 2000, 16_000, 3_600_000]);
  });
});
