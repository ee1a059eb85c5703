import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { CompiledQuery, Kysely } from 'kysely';
import type { Logger } from '../../log/index.ts';
import type { Database } from '../database.ts';
import { kyselyOver } from '../kysely-driver.ts';
import type { Migration, MigrationProgress } from '../migration.ts';
import { refuseUnstorable } from '../refuse-unstorable.ts';
import { refuseInsideTransaction } from '../transaction-guard.ts';
import { onThisThread } from './failure.ts';
import { Generation } from './generation.ts';
import { GroupCommit } from './group-commit.ts';
import { migrateSqlite, type SqliteMigration } from './migrate-sqlite.ts';
import { refuseNetworkFileSystem } from './network-file-system.ts';
import { openConnection } from './open-connection.ts';
import { toQueryResult } from './query-result.ts';
import { RemoteConnection } from './remote-connection.ts';
import { StatementRunner } from './statement.ts';

const TRANSACTION_MS = 5000;

export interface SqliteOptions {
  /** In an existing directory on a local disk; made when missing. */
  readonly file: string;
  readonly migrations: readonly Migration[];
  /** Told of each step of the schema that is under way. */
  readonly onMigration?: ((progress: MigrationProgress) => void) | undefined;
  /** How long one transaction may take, in ms; default 5000. */
  readonly transactionMs?: number;
  /** Told of callbacks after a commit that throw. */
  readonly log?: Pick<Logger, 'error'>;
}

/**
 * Opens (and migrates) an SQLite database: reads on this thread, long reads on a reader thread, every write on one
 * writer thread with group commit. Errors: `UnknownMigrationsError`; `NetworkFileSystemError`; DATABASE_UNAVAILABLE and
 * STORAGE_FULL when the file cannot be opened or is damaged.
 */
export async function createSqliteDatabase(options: SqliteOptions): Promise<Database> {
  await refuseNetworkFileSystem(dirname(options.file));
  // It takes a while to come up, which it does while this thread is busy with the file.
  const writer = new RemoteConnection({ file: options.file, readOnly: false });
  const connection = await openMigrated({ ...options, writer }).catch(async (error: unknown) => {
    await writer.close();
    throw error;
  });
  const statements = new StatementRunner(connection);
  const generation = new Generation(connection);
  const commits = new GroupCommit({
    writer,
    transactionMs: options.transactionMs ?? TRANSACTION_MS,
    log: options.log,
    onCommit: generation.committed,
  });
  let reader: RemoteConnection | undefined;

  const read = kyselyOver<unknown>('sqlite', async (query) => {
    refuseInsideTransaction();
    return toQueryResult(onThisThread(() => statements.run(query.sql, query.parameters)));
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
      refuseUnstorable(query.parameters);
      return onThisThread(() => statements.rows(query.sql, query.parameters)) as R[];
    },
    generation: () => {
      refuseInsideTransaction();
      return onThisThread(() => generation.current());
    },
    transaction: async (work) => {
      refuseInsideTransaction();
      return commits.transaction(work);
    },
    now: () => Promise.resolve(Date.now()),
    usage: () => {
      // The one of this thread, the writer, and the reader once it was needed.
      const opened = reader === undefined ? 2 : 3;
      const inUse = commits.busy ? 1 : 0;
      return { opened, closed: 0, inUse, available: opened - inUse, waiting: commits.waiting };
    },
    close: async () => {
      await commits.close();
      await Promise.all([writer.close(), reader?.close()]);
      connection.close();
    },
  };
}

/** Brings the file to the newest schema and opens it for reading. */
async function openMigrated(migration: SqliteMigration): Promise<DatabaseSync> {
  const migrated = await migrateSqlite(migration);
  return onThisThread(() => {
    try {
      return openConnection(migration.file, { readOnly: true });
    } finally {
      // Not before: the last connection that closes writes the log back and removes it, for the next to make a new one.
      migrated.close();
    }
  });
}
