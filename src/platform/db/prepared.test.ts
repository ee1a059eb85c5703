import { sql } from 'kysely';
import pg from 'pg';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { prepared } from './index.ts';

interface Tables {
  instance_setting: { key: string; value: string };
}

const settingOf = prepared<Tables, [string], { value: string }>((query, value) =>
  query.selectFrom('instance_setting').select('value').where('key', '=', value(0)),
);

describeOnBothDatabases('A prepared read', (context) => {
  const store = (key: string, value: string, afterCommit: () => void = () => undefined) =>
    context().db.transaction(async (tx) => {
      const query = tx.query<Tables>();
      await query
        .insertInto('instance_setting')
        .values({ key, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute();
      tx.afterCommit(afterCommit);
    });
  const read = async (key: string) => (await settingOf.first(context().db, key))?.value;

  it('sees each commit at once, whatever it has read before', async () => {
    expect(await read('a')).toBeUndefined();
    for (let round = 0; round < 50; round++) {
      await store('a', `value ${round}`);
      expect([await read('a'), await read('a')]).toEqual([`value ${round}`, `value ${round}`]);
    }
  });

  it('sees the commit in what runs because of it', async () => {
    await store('b', 'old');
    const seen = Promise.withResolvers<string | undefined>();
    expect(await read('b')).toBe('old');
    await store('b', 'new', () => seen.resolve(read('b')));
    expect(await seen.promise).toBe('new');
  });

  it('does not see what was undone', async () => {
    await store('c', 'kept');
    const undone = context().db.transaction(async (tx) => {
      await tx.query<Tables>().deleteFrom('instance_setting').where('key', '=', 'c').execute();
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    expect(await read('c')).toBe('kept');
  });

  it('tells values apart that look alike side by side', async () => {
    const pair = prepared<Tables, [string, string], { both: string }>((query, value) =>
      query.selectNoFrom(sql<string>`${value(0)} || '-' || ${value(1)}`.as('both')),
    );
    const { db } = context();
    expect(await pair.first(db, 'a', 'bc')).toEqual({ both: 'a-bc' });
    expect(await pair.first(db, 'ab', 'c')).toEqual({ both: 'ab-c' });
  });

  it('is refused inside a transaction, known or not', async () => {
    await read('d');
    await expect(context().db.transaction(() => read('d'))).rejects.toThrow('inside a transaction');
  });

  it('sees what another process has committed', async () => {
    await store('e', 'ours');
    expect(await read('e')).toBe('ours');
    await fromElsewhere(context().uri, "UPDATE instance_setting SET value = 'theirs' WHERE key = 'e'");
    await nextTurn();
    expect(await read('e')).toBe('theirs');
  });
});

/** Runs a statement on a connection that the database under test knows nothing of. */
async function fromElsewhere(uri: string, statement: string): Promise<void> {
  if (uri.startsWith('sqlite:')) {
    const other = new DatabaseSync(uri.slice('sqlite:'.length));
    other.exec(statement);
    other.close();
    return;
  }
  const other = new pg.Client({ connectionString: uri });
  await other.connect();
  await other.query(statement);
  await other.end();
}
