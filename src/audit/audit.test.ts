import { expect, test } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { createFakeClock } from '../../test/support/fake-clock.ts';
import { silentLog } from '../../test/support/identity.ts';
import type { Database } from '../platform/db/index.ts';
import { type AuditEntry, type AuditTables, createPullRecorder, recordAudit } from './index.ts';

function pull(tag: string): AuditEntry {
  return {
    kind: 'pull_repo',
    actor: { kind: 'user', name: 'alice' },
    namespaceId: 7,
    repositoryId: 9,
    clientAddress: '203.0.113.1',
    metadata: { tag, note: 'quote " backslash \\ nul \u0000 é' },
  };
}

function rows(db: Database, repositoryId: number) {
  return db
    .read<AuditTables>()
    .selectFrom('audit_log')
    .selectAll()
    .where('repository_id', '=', repositoryId)
    .orderBy('id')
    .execute();
}

describeOnBothDatabases('audit', (context) => {
  test('the record of a change is there exactly when the change is', async () => {
    const { db } = context();
    const entry: AuditEntry = { kind: 'create_repo', actor: { kind: 'system', name: undefined }, repositoryId: 1 };
    await expect(
      db.transaction(async (tx) => {
        await recordAudit(tx, entry);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await rows(db, 1)).toEqual([]);
    await db.transaction((tx) => recordAudit(tx, entry));
    expect(await rows(db, 1)).toEqual([
      {
        id: expect.any(Number),
        at: expect.any(Number),
        kind: 'create_repo',
        actor_kind: 'system',
        actor_name: null,
        namespace_id: null,
        repository_id: 1,
        client_address: null,
        metadata: '{}',
      },
    ]);
  });

  test('pulls are written in order and complete, at the time they happened', async () => {
    const { db } = context();
    const clock = createFakeClock();
    const recorder = createPullRecorder({ db, clock, log: silentLog });
    const before = await db.now();
    const count = 2500;
    for (let i = 0; i < count; i++) recorder.record(pull(String(i)));
    clock.advance(200);
    await recorder.close();
    const found = await rows(db, 9);
    expect(found.map((row): unknown => JSON.parse(row.metadata))).toEqual(
      Array.from({ length: count }, (_, i) => pull(String(i)).metadata),
    );
    expect(found[0]).toMatchObject({
      kind: 'pull_repo',
      actor_kind: 'user',
      actor_name: 'alice',
      namespace_id: 7,
      client_address: '203.0.113.1',
    });
    expect(found[0]?.at).toBeGreaterThanOrEqual(before - 200);
    expect(found[0]?.at).toBeLessThanOrEqual((await db.now()) - 200);
  });

  test('a pull is written within a second without further traffic', async () => {
    const { db } = context();
    const clock = createFakeClock();
    const written = Promise.withResolvers<void>();
    const recorder = createPullRecorder({ db: observed(db, () => written.resolve()), clock, log: silentLog });
    recorder.record({ ...pull('a'), repositoryId: 10 });
    clock.advance(999);
    await written.promise;
    expect(await rows(db, 10)).toHaveLength(1);
  });

  test('a strict pull is answered when its record is there, many by few transactions', async () => {
    const { db } = context();
    let transactions = 0;
    const counted = observed(db, () => (transactions += 1));
    const recorder = createPullRecorder({ db: counted, clock: createFakeClock(), log: silentLog, strict: true });
    await recorder.recordPull({ ...pull('first'), repositoryId: 12 });
    expect(await rows(db, 12)).toHaveLength(1);
    transactions = 0;
    await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        Promise.resolve(recorder.recordPull({ ...pull(String(i)), repositoryId: 12 })),
      ),
    );
    expect(await rows(db, 12)).toHaveLength(501);
    expect(transactions).toBeLessThan(5);
    await recorder.close();
  });

  test('a strict pull fails with its record, and the next one does not', async () => {
    const { db } = context();
    let away = true;
    const flaky: Database = {
      ...db,
      dialect: db.dialect,
      transaction: (work) => (away ? Promise.reject(new Error('away')) : db.transaction(work)),
    };
    const recorder = createPullRecorder({ db: flaky, clock: createFakeClock(), log: silentLog, strict: true });
    const lost = [1, 2, 3].map((tag) =>
      Promise.resolve(recorder.recordPull({ ...pull(String(tag)), repositoryId: 13 })),
    );
    for (const outcome of await Promise.allSettled(lost))
      expect(outcome).toMatchObject({ reason: { message: 'away' } });
    away = false;
    await recorder.recordPull({ ...pull('4'), repositoryId: 13 });
    expect(await rows(db, 13)).toHaveLength(1);
  });

  test('pulls wait for a database that is away; what exceeds the capacity is dropped', async () => {
    const { db } = context();
    const clock = createFakeClock();
    const failed = Promise.withResolvers<void>();
    let away = true;
    const flaky: Database = {
      ...db,
      dialect: db.dialect,
      async transaction(work) {
        if (!away) return db.transaction(work);
        failed.resolve();
        throw new Error('away');
      },
    };
    const recorder = createPullRecorder({ db: flaky, clock, log: silentLog, capacity: 3 });
    for (const tag of ['a', 'b', 'c', 'd', 'e']) recorder.record({ ...pull(tag), repositoryId: 11 });
    clock.advance(600);
    await failed.promise;
    away = false;
    await recorder.close();
    expect(await rows(db, 11)).toHaveLength(3);
  });
});

/** The same database, telling when a transaction is through. */
function observed(db: Database, committed: () => void): Database {
  return {
    ...db,
    dialect: db.dialect,
    async transaction(work) {
      const result = await db.transaction(work);
      committed();
      return result;
    },
  };
}
