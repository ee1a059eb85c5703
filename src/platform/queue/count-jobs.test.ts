import { expect, test } from 'vitest';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { countJobs, createJobQueue } from './index.ts';
import { claimJob, failJob } from './store.ts';

describeOnBothDatabases('counts of jobs', (database) => {
  test('tell what is due, at work and given up, by queue, and how long the oldest waits', async () => {
    const { db } = database();
    const queue = createJobQueue();
    const now = await db.now();
    await db.transaction(async (tx) => {
      for (let number = 0; number < 3; number++) await queue.enqueue(tx, { queue: 'mail', runAt: now - 60_000 });
      await queue.enqueue(tx, { queue: 'mail', runAt: now + 3_600_000 });
      await queue.enqueue(tx, { queue: 'sweep', runAt: now + 3_600_000 });
    });
    const lease = { id: 'lease-1', forMs: 60_000 };
    const claim = () => db.transaction((tx) => claimJob(tx, ['mail'], lease));
    await claim();
    const lost = await claim();
    if (lost !== undefined) await db.transaction((tx) => failJob(tx, lost, lease.id, 'no use'));
    const [mail, sweep] = await countJobs(db);
    expect(mail).toMatchObject({ queue: 'mail', available: 1, locked: 1, failed: 1 });
    expect(mail?.overdueMs).toBeGreaterThanOrEqual(60_000);
    expect(sweep).toEqual({ queue: 'sweep', available: 0, locked: 0, failed: 0, overdueMs: 0 });
  });
});
