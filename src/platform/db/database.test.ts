import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { isForeignKeyViolation, isUniqueViolation, prepared } from './index.ts';

interface Tables {
  blob: { id?: number; sha256: string; sha512: string | null; size_bytes: number; created_at: number };
  lease: { repository_id: number; blob_id: number; expires_at: number };
}

describeOnBothDatabases('Database', (context) => {
  const insert = (sha256: string) =>
    context().db.transaction(async (tx) =>
      tx
        .query<Tables>()
        .insertInto('blob')
        .values({ sha256, sha512: null, size_bytes: 1, created_at: await tx.now() })
        .returning('id')
        .executeTakeFirstOrThrow(),
    );
  const has = async (sha256: string) => {
    const rows = await context()
      .db.read<Tables>()
      .selectFrom('blob')
      .select('sha256')
      .where('sha256', '=', sha256)
      .execute();
    return rows.length === 1;
  };

  it('shows a transaction to readers once it has resolved', async () => {
    await insert('a1');
    expect(await has('a1')).toBe(true);
  });

  it('undoes a transaction whose work throws and keeps its neighbours', async () => {
    const outcomes = await Promise.allSettled([
      insert('b1'),
      context().db.transaction(async (tx) => {
        await tx
          .query<Tables>()
          .insertInto('blob')
          .values({ sha256: 'b2', sha512: null, size_bytes: 1, created_at: 1 })
          .execute();
        throw new Error('no');
      }),
      insert('b3'),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect([await has('b1'), await has('b2'), await has('b3')]).toEqual([true, false, true]);
  });

  it('recognises broken unique and foreign keys', async () => {
    await insert('c1');
    const duplicate = await insert('c1').catch((error: unknown) => error);
    expect(isUniqueViolation(duplicate)).toBe(true);
    const dangling = await context()
      .db.transaction((tx) =>
        tx.query<Tables>().insertInto('lease').values({ repository_id: 1, blob_id: 999_999, expires_at: 1 }).execute(),
      )
      .catch((error: unknown) => error);
    expect(isForeignKeyViolation(dangling)).toBe(true);
  });

  it('refuses the outer database inside a transaction', async () => {
    const { db } = context();
    const read = prepared<Tables, [string], { id: number }>((query, value) =>
      query.selectFrom('blob').select('id').where('sha256', '=', value(0)).$castTo<{ id: number }>(),
    );
    const uses: (() => Promise<unknown>)[] = [
      () => db.read<Tables>().selectFrom('blob').select('id').execute(),
      () => db.report<Tables>().selectFrom('blob').select('id').execute(),
      () => read.first(db, 'x'),
      () => db.transaction(async () => 1),
    ];
    for (const use of uses) await expect(db.transaction(() => use())).rejects.toThrow(/inside a transaction/);
  });

  it('runs what waits for the commit only after a commit', async () => {
    const seen: string[] = [];
    await context().db.transaction(async (tx) => tx.afterCommit(() => seen.push('done')));
    await context()
      .db.transaction(async (tx) => {
        tx.afterCommit(() => seen.push('never'));
        throw new Error('no');
      })
      .catch(() => undefined);
    expect(seen).toEqual(['done']);
  });

  it('binds prepared reads to their values and gives 64-bit integers as numbers', async () => {
    const { db } = context();
    await db.transaction((tx) =>
      tx
        .query<Tables>()
        .insertInto('blob')
        .values({ sha256: 'd1', sha512: null, size_bytes: 5_000_000_000, created_at: 1 })
        .execute(),
    );
    const size = prepared<Tables, [string, number], { size_bytes: number }>((query, value) =>
      query.selectFrom('blob').select('size_bytes').where('sha256', '=', value(0)).where('size_bytes', '>', value(1)),
    );
    expect(await size.first(db, 'd1', 7)).toEqual({ size_bytes: 5_000_000_000 });
    expect(await size.first(db, 'd1', 6_000_000_000)).toBeUndefined();
  });

  it('runs many parallel transactions one by one', async () => {
    const increments = Array.from({ length: 50 }, () =>
      context().db.transaction(async (tx) => {
        const row = await tx
          .query<Tables>()
          .selectFrom('blob')
          .select('size_bytes')
          .where('sha256', '=', 'e1')
          .executeTakeFirst();
        if (row === undefined)
          return tx
            .query<Tables>()
            .insertInto('blob')
            .values({ sha256: 'e1', sha512: null, size_bytes: 0, created_at: 1 })
            .onConflict((c) => c.doNothing())
            .execute();
        return tx
          .query<Tables>()
          .updateTable('blob')
          .set((e) => ({ size_bytes: e('size_bytes', '+', 1) }))
          .where('sha256', '=', 'e1')
          .execute();
      }),
    );
    await Promise.all(increments);
    expect(await has('e1')).toBe(true);
  });
});
