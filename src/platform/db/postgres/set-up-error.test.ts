import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createPostgresTestUri } from '../../../../test/support/databases.ts';
import type { Migration } from '../migration.ts';
import { createPostgresDatabase } from './postgres-database.ts';

const notes: Migration = {
  name: '0001_notes',
  statements: (t) => [`CREATE TABLE note (id ${t.id}, text ${t.text} NOT NULL)`],
};
const index: Migration = { name: '0002_index', statements: () => ['CREATE INDEX note_text ON note (text)'] };

describe.skipIf('missing' in inject('postgres'))('a user who lacks rights', () => {
  const user = `Quay user ${randomUUID().slice(0, 8)}`;
  let admin: pg.Client;
  let uri: string;
  let drop: () => Promise<void>;
  beforeEach(async () => {
    const database = await createPostgresTestUri();
    drop = database.drop;
    admin = new pg.Client({ connectionString: database.uri });
    await admin.connect();
    await admin.query(`CREATE USER "${user}"`);
    const own = new URL(database.uri);
    own.username = encodeURIComponent(user);
    uri = own.href;
  });
  afterEach(async () => {
    await admin.query(`DROP OWNED BY "${user}" CASCADE`);
    await admin.query(`DROP USER "${user}"`);
    await admin.end();
    await drop();
  });

  const start = async (migrations: readonly Migration[]) => {
    const db = await createPostgresDatabase({ uri, migrations });
    await db.transaction((tx) =>
      tx.query<{ note: { text: string } }>().insertInto('note').values({ text: 'x' }).execute(),
    );
    await db.close();
  };

  /** Starts, runs as administrator what the refusal says, and starts again, until it works; the refusals in turn. */
  async function startByInstructions(migrations: readonly Migration[]): Promise<string[]> {
    const refusals: string[] = [];
    while (refusals.length < 5) {
      try {
        await start(migrations);
        return refusals;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        refusals.push(message);
        const statements = /runs: (.*;)/.exec(message)?.[1];
        if (statements === undefined) throw error;
        await admin.query(statements);
      }
    }
    throw new Error(refusals.join('\n'));
  }

  it('with the GRANT of many instructions, is told the one that PostgreSQL 15 wants as well', async () => {
    await admin.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    await admin.query(`GRANT ALL PRIVILEGES ON DATABASE ${admin.database} TO "${user}"`);
    const refusals = await startByInstructions([notes]);
    expect(refusals).toEqual([expect.stringContaining(`GRANT USAGE, CREATE ON SCHEMA "public" TO "${user}";`)]);
  });

  it('without any right on the schema, is told the same', async () => {
    await admin.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
    expect(await startByInstructions([notes])).toHaveLength(1);
  });

  it('who may not connect, is told so', async () => {
    await admin.query(`REVOKE CONNECT ON DATABASE ${admin.database} FROM PUBLIC`);
    await admin.query(`GRANT CREATE ON SCHEMA public TO "${user}"`);
    const refusals = await startByInstructions([notes]);
    expect(refusals).toEqual([expect.stringContaining('GRANT CONNECT')]);
  });

  it('whose tables belong to another, is told which rights are missing', async () => {
    const db = await createPostgresDatabase({ uri: adminUri(uri), migrations: [notes] });
    await db.close();
    expect(await startByInstructions([notes])).toEqual([expect.stringContaining('GRANT ALL ON ALL TABLES')]);
    await admin.query(`GRANT CREATE ON SCHEMA public TO "${user}"`);
    await expect(start([notes, index])).rejects.toThrow(`ALTER TABLE "note" OWNER TO "${user}";`);
  });
});

function adminUri(uri: string): string {
  const url = new URL(uri);
  url.username = 'gantry';
  return url.href;
}
