import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { compareBytewise } from '../../../test/support/compare-bytewise.ts';
import { isForeignKeyViolation, isUniqueViolation, type Transaction } from './index.ts';

interface Tables {
  instance_setting: { key: string; value: string };
  job: {
    id?: number;
    queue: string;
    payload: string;
    dedupe_key: string | null;
    run_at: number;
    max_attempts: number;
    failed_at: number | null;
    created_at: number;
  };
  blob: { id?: number; sha256: string; sha512: string | null; size_bytes: number; created_at: number };
  lease: { repository_id: number; blob_id: number; expires_at: number };
}

const storable = fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => !text.includes('\0'));

/** What one dialect promises here, the other must keep too: every expectation is stated once for both. */
describeOnBothDatabases('Both dialects', (context) => {
  const one = async <R>(query: ReturnType<typeof sql<R>>) => (await query.execute(context().db.read())).rows[0];
  const store = (keys: readonly string[]) =>
    context().db.transaction(async (tx) => {
      await tx.query<Tables>().deleteFrom('instance_setting').execute();
      const values = keys.map((key) => ({ key, value: key }));
      if (values.length > 0) await tx.query<Tables>().insertInto('instance_setting').values(values).execute();
    });
  const insertJob = (tx: Transaction, dedupeKey: string | null, failedAt: number | null = null) =>
    tx
      .query<Tables>()
      .insertInto('job')
      .values({
        queue: 'q',
        payload: '{}',
        dedupe_key: dedupeKey,
        run_at: failedAt ?? 0,
        max_attempts: 1,
        failed_at: failedAt,
        created_at: 0,
      })
      .execute();

  it('keep text as it was and sort it bytewise', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(storable, { maxLength: 8 }), async (keys) => {
        await store(keys);
        const rows = await context()
          .db.read<Tables>()
          .selectFrom('instance_setting')
          .selectAll()
          .orderBy('key')
          .execute();
        expect(rows.map((row) => row.key)).toEqual(keys.toSorted(compareBytewise));
        expect(rows.every((row) => row.key === row.value)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('compare text bytewise', async () => {
    await fc.assert(
      fc.asyncProperty(storable, storable, async (a, b) => {
        const row = await one(sql<{ less: number }>`SELECT (t.key < ${b}) AS less FROM
          (SELECT key FROM instance_setting WHERE 1 = 0 UNION ALL SELECT CAST(${a} AS TEXT) COLLATE ${sql.raw(
            context().db.dialect === 'sqlite' ? 'BINARY' : '"C"',
          )}) AS t`);
        expect(row?.less).toBe(compareBytewise(a, b) < 0 ? 1 : 0);
      }),
      { numRuns: 40 },
    );
  });

  it('refuse U+0000 in text before it is stored, and keep it in JSON', async () => {
    await expect(store(['a\0b'])).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(
      context().db.read<Tables>().selectFrom('instance_setting').selectAll().where('key', '=', '\0').execute(),
    ).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await store([JSON.stringify('a\0b')]);
    const rows = await context().db.read<Tables>().selectFrom('instance_setting').select('value').execute();
    expect(rows.map((row) => JSON.parse(row.value) as unknown)).toEqual(['a\0b']);
  });

  it('match LIKE with the case of ASCII letters alike once both sides are lowered', async () => {
    await store(['Alpine', 'busybox']);
    const rows = await context()
      .db.read<Tables>()
      .selectFrom('instance_setting')
      .select('key')
      .where(sql<string>`lower(key)`, 'like', 'ALP%'.toLowerCase())
      .execute();
    expect(rows).toEqual([{ key: 'Alpine' }]);
  });

  it('put NULL where the query says', async () => {
    const rows = await sql<{ v: number | null }>`
      SELECT v FROM (SELECT 1 AS v UNION ALL SELECT NULL UNION ALL SELECT 2) AS t ORDER BY v ASC NULLS LAST`.execute(
      context().db.read(),
    );
    expect(rows.rows.map((row) => row.v)).toEqual([1, 2, null]);
  });

  it('give integers, counts, sums and truth as numbers', async () => {
    const large = Number.MAX_SAFE_INTEGER;
    await context().db.transaction((tx) =>
      tx
        .query<Tables>()
        .insertInto('blob')
        .values({ sha256: 'big', sha512: null, size_bytes: large, created_at: -large })
        .execute(),
    );
    expect(
      await one(sql`SELECT size_bytes, created_at, count(*) AS n, sum(size_bytes) AS total, max(size_bytes) = ${large} AS same
        FROM blob WHERE sha256 = 'big' GROUP BY size_bytes, created_at`),
    ).toEqual({ size_bytes: large, created_at: -large, n: 1, total: large, same: 1 });
  });

  it('give bytes as they were', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const type = sql.raw(context().db.dialect === 'sqlite' ? 'BLOB' : 'BYTEA');
    const row = await one(sql<{ b: Uint8Array }>`SELECT CAST(${bytes} AS ${type}) AS b`);
    expect(row?.b).toBeInstanceOf(Uint8Array);
    expect(Buffer.from(row?.b ?? []).equals(bytes)).toBe(true);
  });

  it('enforce foreign keys and partial unique indexes', async () => {
    const { db } = context();
    const dangling = db.transaction((tx) =>
      tx.query<Tables>().insertInto('lease').values({ repository_id: 1, blob_id: 404, expires_at: 1 }).execute(),
    );
    expect(isForeignKeyViolation(await dangling.catch((error: unknown) => error))).toBe(true);
    await db.transaction(async (tx) => {
      await insertJob(tx, 'k');
      await insertJob(tx, null);
      await insertJob(tx, null);
      await insertJob(tx, 'k', 1);
    });
    const twice = db.transaction((tx) => insertJob(tx, 'k'));
    expect(isUniqueViolation(await twice.catch((error: unknown) => error))).toBe(true);
  });

  it('insert or update in one statement', async () => {
    const { db } = context();
    const put = (value: string) =>
      db.transaction((tx) =>
        tx
          .query<Tables>()
          .insertInto('instance_setting')
          .values({ key: 'upsert', value })
          .onConflict((conflict) => conflict.column('key').doUpdateSet((e) => ({ value: e.ref('excluded.value') })))
          .returning('value')
          .executeTakeFirstOrThrow(),
      );
    expect([await put('1'), await put('2')]).toEqual([{ value: '1' }, { value: '2' }]);
  });

  it('doom a transaction whose work swallows a failed statement', async () => {
    const { db } = context();
    await store(['taken']);
    const outcome = db.transaction(async (tx) => {
      const insert = (key: string) =>
        tx.query<Tables>().insertInto('instance_setting').values({ key, value: '' }).execute();
      await insert('lost');
      await insert('taken').catch(() => undefined);
    });
    expect(isUniqueViolation(await outcome.catch((error: unknown) => error))).toBe(true);
    const rows = await db.read<Tables>().selectFrom('instance_setting').select('key').execute();
    expect(rows).toEqual([{ key: 'taken' }]);
  });
});
