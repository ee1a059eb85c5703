import { sql, type Compilable, type CompiledQuery, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from './database.ts';

/** Stands for the value that is given when the query runs. */
class Placeholder {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/** A read that is built and compiled once per database and then only bound to values. */
export interface PreparedRead<P extends readonly unknown[], R> {
  /** All rows for these values. */
  all(db: Database, ...values: P): Promise<R[]>;
  /** The first row, or undefined. */
  first(db: Database, ...values: P): Promise<R | undefined>;
}

/**
 * Prepares a read for hot paths: kysely's building and compiling costs several times what the query itself does.
 * @param build makes the query; `value(i)` stands for the i-th value of the call (from 0) and may be used repeatedly
 */
export function prepared<T, P extends readonly unknown[], R>(
  build: (
    query: Kysely<T>,
    value: <I extends keyof P & number>(index: I) => RawBuilder<P[I]>,
    dialect: Database['dialect'],
  ) => Compilable<R>,
): PreparedRead<P, R> {
  const compiled = new WeakMap<Database, CompiledQuery<R>>();
  const all = (db: Database, values: P): Promise<R[]> => {
    let query = compiled.get(db);
    if (query === undefined) {
      query = build(db.read<T>(), (index) => sql`${sql.val(new Placeholder(index))}`, db.dialect).compile();
      compiled.set(db, query);
    }
    return db.rows({
      ...query,
      parameters: query.parameters.map((p) => (p instanceof Placeholder ? values[p.index] : p)),
    });
  };
  return {
    all: (db, ...values) => all(db, values),
    first: async (db, ...values) => (await all(db, values))[0],
  };
}
