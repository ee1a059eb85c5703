import type { CompiledQuery, Kysely } from 'kysely';
import type { Database } from '../database.ts';
import { sqliteError } from '../errors.ts';
import { kyselyOver } from '../kysely-driver.ts';
import { migrateSqlite } from './migrate-sqlite.ts';
import type { Migration } from '../migration.ts';
import { refuseInsideTransaction } from '../transaction-guard.ts';
import { GroupCommit } from './group-commit.ts';
import { openConnection } from './open-connection.ts';
import { toQueryResult } from './query-result.ts';
import { RemoteConnection } from './remote-connection.ts';
import { StatementRunner } from './statement.ts';

const TRANSACTION_MS = 5000;

export interface SqliteOptions {
  readonly file: string;
  readonly migrations: readonly Migration[];
  /** How long one transaction may take, in ms; default 5000. */
  readonly transactionMs?: number;
}

/**
 * Opens (and migrates) an SQLite database: reads on this thread, long reads on a reader thread, every write on one
 * writer thread with group commit. Errors: as of the migration; a damaged or foreign file.
 */
export async function createSqliteDatabase(options: SqliteOptions): Promise<Database> {
  migrateSqlite(options.file, options.migrations);
  const connection = openConnection(options.file, { readOnly: true });
  const statements = new StatementRunner(connection);
  const writer = new RemoteConnection({ file: options.file, readOnly: false });
  const commits = new GroupCommit(writer, options.transactionMs ?? TRANSACTION_MS);
  let reader: RemoteConnection | undefined;

  const read = kyselyOver<unknown>('sqlite', async (query) => {
    refuseInsideTransaction();
    return toQueryResult(local(() => statements.run(query.sql, query.parameters)));
  });
  const report = kyselyOver<unknown>('sqlite', async (query) => {
    refuseInsideTransaction();
    reader ??= new RemoteConnection({ file: options.file, readOnly: true });
    return toQueryResult(await reader.run(query.sql, query.parameters));
  });

  return {
    dialect: 'sqlite',
    read: <T>() => read as unknown as Kysely<T>,
    report: <T>() => report as unknown as Kysely<T>,
    rows: async <R>(query: CompiledQuery<R>) => {
      refuseInsideTransaction();
      return local(() => statements.rows(query.sql, query.parameters)) as R[];
    },
    transaction: async (work) => {
      refuseInsideTransaction();
      return commits.transaction(work);
    },
    now: () => Promise.resolve(Date.now()),
    close: async () => {
      await commits.close();
      await writer.close();
      await reader?.close();
      connection.close();
    },
  };
}

function local<R>(run: () => R): R {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && 'errcode' in error) {
      throw sqliteError({ message: error.message, errcode: Number(error.errcode) });
    }
    throw error;
  }
}
