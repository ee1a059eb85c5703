// Writes settings with many parallel callers and prints each key once its transaction is acknowledged, until it is killed.
// Arguments: the URI of a test database.
import { writeSync } from 'node:fs';
import { MIGRATIONS } from '../../src/app/migrations.ts';
import { createPostgresDatabase, createSqliteDatabase } from '../../src/platform/db/index.ts';

interface Tables {
  instance_setting: { key: string; value: string };
}

const CALLERS = 16;
const uri = process.argv[2] ?? '';
const db = uri.startsWith('sqlite:')
  ? await createSqliteDatabase({ file: uri.slice('sqlite:'.length), migrations: MIGRATIONS })
  : await createPostgresDatabase({ uri, migrations: MIGRATIONS });

const write = async (caller: number): Promise<never> => {
  for (let i = 0; ; i++) {
    const key = `${process.pid}-${caller}-${i}`;
    await db.transaction(async (tx) => {
      const settings = tx.query<Tables>();
      await settings
        .insertInto('instance_setting')
        .values({ key: `${key}-first`, value: '' })
        .execute();
      await settings
        .insertInto('instance_setting')
        .values({ key: `${key}-second`, value: '' })
        .execute();
    });
    print(key);
  }
};
await Promise.all(Array.from({ length: CALLERS }, (_, caller) => write(caller)));

/** Synchronous: what is printed was acknowledged, whatever happens to the process next. Waits for a reader that is slow. */
function print(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EAGAIN') throw error;
    }
  }
}
