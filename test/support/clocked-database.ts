import type { Clock } from '../../src/kernel/clock.ts';
import type { Database } from '../../src/platform/db/index.ts';

/** The same database with its clock replaced, so that a test can let hours pass. */
export function clockedDatabase(db: Database, clock: Clock): Database {
  const now = async () => clock.now();
  return {
    dialect: db.dialect,
    read: () => db.read(),
    report: () => db.report(),
    rows: (query) => db.rows(query),
    generation: () => db.generation(),
    transaction: (work) =>
      db.transaction((tx) =>
        work({
          dialect: tx.dialect,
          query: () => tx.query(),
          now,
          afterCommit: (callback) => tx.afterCommit(callback),
        }),
      ),
    now,
    usage: () => db.usage(),
    close: () => db.close(),
  };
}
