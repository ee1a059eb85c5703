import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  findPostgresPrograms,
  type PrivatePostgres,
  startPrivatePostgres,
} from '../../../../test/support/private-postgres.ts';
import type { Database } from '../database.ts';
import type { Migration } from '../migration.ts';
import { prepared } from '../prepared.ts';
import { createPostgresDatabase } from './postgres-database.ts';

interface Tables {
  note: { id?: number; text: string };
}

const notes: Migration = {
  name: '0001_notes',
  statements: (t) => [`CREATE TABLE note (id ${t.id}, text ${t.text} NOT NULL UNIQUE)`],
};
const noteOf = prepared<Tables, [text: string], { text: string }>((query, value) =>
  query.selectFrom('note').select('text').where('text', '=', value(0)),
);

describe.skipIf(findPostgresPrograms() === undefined)('a server that is restarted', () => {
  let server: PrivatePostgres;
  let db: Database;
  beforeAll(async () => {
    // What is acknowledged is to survive a crash of the server, if not of the machine.
    server = await startPrivatePostgres({ settings: { synchronous_commit: 'on', full_page_writes: 'on' } });
    db = await createPostgresDatabase({ uri: server.uri, migrations: [notes], connections: 5 });
    await add('there');
  });
  afterAll(async () => {
    await db.close();
    await server.dispose();
  });

  const add = (text: string) =>
    db.transaction((tx) => tx.query<Tables>().insertInto('note').values({ text }).execute());
  const texts = async () => {
    const rows = await db.read<Tables>().selectFrom('note').select('text').orderBy('id').execute();
    return rows.map((row) => row.text);
  };

  it.each(['fast', 'immediate'] as const)('(%s) fails no read, and loses nothing it has acknowledged', async (mode) => {
    const load = { isOver: false };
    let reads = 0;
    const read = async () => {
      while (!load.isOver) {
        expect(await noteOf.first(db, 'there')).toEqual({ text: 'there' });
        expect((await texts())[0]).toBe('there');
        expect(await db.now()).toBeGreaterThan(0);
        reads += 1;
      }
    };
    const acknowledged: string[] = [];
    const refused: unknown[] = [];
    const write = async (writer: number) => {
      for (let count = 0; !load.isOver; count += 1) {
        const text = `${mode} ${writer} ${count}`;
        await add(text).then(
          () => acknowledged.push(text),
          (error: unknown) => refused.push(error),
        );
      }
    };
    const running = [read(), read(), read(), write(1), write(2)];
    await expect.poll(() => Math.min(reads, acknowledged.length)).toBeGreaterThan(10);
    await server.restart(mode);
    const [readsThen, writesThen] = [reads, acknowledged.length];
    await expect.poll(() => Math.min(reads - readsThen, acknowledged.length - writesThen)).toBeGreaterThan(10);
    load.isOver = true;
    await Promise.all(running);
    expect(await texts()).toEqual(expect.arrayContaining(acknowledged));
    for (const error of refused) {
      expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', headers: { 'Retry-After': '1' } });
    }
  });

  it('does not repeat what may have been committed', async () => {
    let attempts = 0;
    const outcome = db.transaction(async (tx) => {
      attempts += 1;
      await tx
        .query<Tables>()
        .insertInto('note')
        .values({ text: `attempt ${attempts}` })
        .execute();
      // Ends the session in the middle of its COMMIT.
      await sql
        .raw(`CREATE OR REPLACE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END $$`)
        .execute(tx.query());
      await sql
        .raw(
          'CREATE CONSTRAINT TRIGGER leave AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION leave()',
        )
        .execute(tx.query());
      await tx
        .query<Tables>()
        .insertInto('note')
        .values({ text: `second of ${attempts}` })
        .execute();
    });
    await expect(outcome).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(attempts).toBe(1);
  });

  it('is given up after a while, reads and writes alike, and is used again when it is back', async () => {
    const impatient = await createPostgresDatabase({ uri: server.uri, migrations: [notes], outlastMs: 300 });
    await server.stop('fast');
    await expect(noteOf.first(impatient, 'there')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(impatient.transaction(async (tx) => tx.now())).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await server.start();
    expect(await noteOf.first(impatient, 'there')).toEqual({ text: 'there' });
    await impatient.close();
  });

  it('that has come back without the right to write says so, and is left for one that has it', async () => {
    const admin = new pg.Client({ connectionString: server.uri });
    await admin.connect();
    await admin.query('ALTER ROLE gantry SET default_transaction_read_only = on');
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', ['gantry']);
    await expect(add('refused')).rejects.toMatchObject({
      code: 'DATABASE_READ_ONLY',
      headers: { 'Retry-After': '30' },
    });
    expect(await noteOf.first(db, 'there')).toEqual({ text: 'there' });
    // A start goes on with the schema it finds, or says what is missing.
    const other = await createPostgresDatabase({ uri: server.uri, migrations: [notes] });
    await other.close();
    const newer: Migration = { name: '0002_newer', statements: () => ['CREATE TABLE newer (id INTEGER)'] };
    await expect(createPostgresDatabase({ uri: server.uri, migrations: [notes, newer] })).rejects.toThrow(
      /accepts no changes .* earlier version/,
    );
    await admin.query('SET default_transaction_read_only = off');
    await admin.query('ALTER ROLE gantry RESET default_transaction_read_only');
    await admin.end();
    await expect.poll(() => add('after').then(() => 'written', String)).toBe('written');
  });
});
