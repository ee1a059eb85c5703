import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Migration } from '../migration.ts';
import type { Database } from '../database.ts';
import { createSqliteDatabase } from './sqlite-database.ts';

interface Tables {
  note: { id?: number; text: string };
}

const notes: Migration = {
  name: '0001_notes',
  statements: (t) => [`CREATE TABLE note (id ${t.id}, text TEXT NOT NULL)${t.strict}`],
};

describe('createSqliteDatabase', () => {
  let directory = '';
  let file = '';
  let db: Database;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gantry-sqlite-'));
    file = join(directory, 'notes.db');
    db = await createSqliteDatabase({ file, migrations: [notes], transactionMs: 200 });
  });
  afterEach(async () => {
    await db.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const add = (text: string) =>
    db.transaction((tx) => tx.query<Tables>().insertInto('note').values({ text }).execute());
  const texts = async () => {
    const rows = await db.read<Tables>().selectFrom('note').select('text').orderBy('id').execute();
    return rows.map((row) => row.text);
  };
  /** Stands for a full disk: the file may not grow any more. */
  const fill = (pages: number) =>
    db.transaction((tx) => sql`PRAGMA max_page_count = ${sql.lit(pages)}`.execute(tx.query()));

  it('commits durably: WAL, full synchronisation, foreign keys', async () => {
    const pragmas = await db.transaction(async (tx) => {
      const value = async (name: string) =>
        Object.values(
          (await sql<Record<string, unknown>>`PRAGMA ${sql.raw(name)}`.execute(tx.query())).rows[0] ?? {},
        )[0];
      return [await value('journal_mode'), await value('synchronous'), await value('foreign_keys')];
    });
    expect(pragmas).toEqual(['wal', 2, 1]);
  });

  it('refuses writes outside a transaction', async () => {
    await expect(db.read<Tables>().insertInto('note').values({ text: 'x' }).execute()).rejects.toThrow(
      /readonly|opened/i,
    );
    await expect(db.report<Tables>().deleteFrom('note').execute()).rejects.toThrow(/readonly|opened/i);
  });

  it('undoes a transaction that takes too long and goes on with the next', async () => {
    const released = Promise.withResolvers<void>();
    const late = Promise.withResolvers<unknown>();
    const stuck = db.transaction(async (tx) => {
      await tx.query<Tables>().insertInto('note').values({ text: 'stuck' }).execute();
      await released.promise;
      late.resolve(tx.query<Tables>().insertInto('note').values({ text: 'late' }).execute());
    });
    const next = add('next');
    await expect(stuck).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await next;
    released.resolve();
    await expect(late.promise).rejects.toThrow(/has ended/);
    expect(await texts()).toEqual(['next']);
  });

  it('answers a full disk with an error, keeps what was acknowledged and goes on when there is space', async () => {
    await add('before');
    await fill(1);
    const large = 'x'.repeat(100_000);
    const outcomes = await Promise.allSettled([add(large), add(large), add(large)]);
    for (const outcome of outcomes) {
      expect(outcome.status).toBe('rejected');
      expect(outcome).toMatchObject({
        reason: { code: expect.stringMatching(/^(?:STORAGE_FULL|DATABASE_UNAVAILABLE)$/) },
      });
    }
    expect(outcomes[0]).toMatchObject({ reason: { code: 'STORAGE_FULL' } });
    expect(await texts()).toEqual(['before']);
    await fill(100_000);
    await add('after');
    expect(await texts()).toEqual(['before', 'after']);
  });

  it('writes nothing of a transaction that goes on after a full disk undid it', async () => {
    await fill(1);
    const outcome = db.transaction(async (tx) => {
      const insert = (text: string) => tx.query<Tables>().insertInto('note').values({ text }).execute();
      await insert('x'.repeat(100_000)).catch(() => undefined);
      await insert('small');
    });
    await expect(outcome).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(await texts()).toEqual([]);
  });

  it('waits for the write of another process', async () => {
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const waiting = add('patient');
    other.exec('ROLLBACK');
    await waiting;
    other.close();
    expect(await texts()).toEqual(['patient']);
  });

  it('goes on when a callback after a commit throws', async () => {
    const seen: unknown[] = [];
    const log = { error: (fields: unknown) => void seen.push(fields) };
    const logged = await createSqliteDatabase({ file: join(directory, 'logged.db'), migrations: [notes], log });
    const broken = new Error('broken callback');
    await logged.transaction(async (tx) =>
      tx.afterCommit(() => {
        throw broken;
      }),
    );
    await logged.transaction(async () => undefined);
    expect(seen).toEqual([{ err: broken }]);
    await logged.close();
  });

  it('refuses new transactions once it is closing and finishes those that wait', async () => {
    const waiting = Promise.all([add('a'), add('b')]);
    const closed = db.close();
    await expect(add('c')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await waiting;
    await closed;
    db = await createSqliteDatabase({ file, migrations: [notes] });
    expect(await texts()).toEqual(['a', 'b']);
  });

  it('says what is wrong with a file that is no database', async () => {
    const broken = join(directory, 'broken.db');
    writeFileSync(broken, 'This is a text of more than sixteen bytes, not a database. '.repeat(100));
    await expect(createSqliteDatabase({ file: broken, migrations: [notes] })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('restore it from a backup'),
    });
  });
});
