import { sql, type Compilable, type CompiledQuery, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from './database.ts';
import { ReadMemory } from './read-memory.ts';

/** Stands for the value that is given when the query runs. */
class Placeholder {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/** A read that is built and compiled once per database and then only bound to values. Its rows must not be changed. */
export interface PreparedRead<P extends readonly unknown[], R> {
  /** All rows for these values. */
  all(db: Database, ...values: P): Promise<readonly R[]>;
  /** The first row, or undefined. */
  first(db: Database, ...values: P): Promise<R | undefined>;
}

/**
 * Prepares a read for hot paths: kysely's building and compiling costs several times what the query itself does, and where
 * the database tells its {@link Database.generation}, rows are read once for each of them.
 * @param build makes the query; `value(i)` stands for the i-th value of the call (from 0) and may be used repeatedly
 */
export function prepared<T, P extends readonly (string | number)[], R>(
  build: (
    query: Kysely<T>,
    value: <I extends keyof P & number>(index: I) => RawBuilder<P[I]>,
    dialect: Database['dialect'],
  ) => Compilable<R>,
): PreparedRead<P, R> {
  const reads = new WeakMap<Database, { readonly query: CompiledQuery<R>; readonly memory: ReadMemory<R> }>();
  const prepare = (db: Database) => {
    const query = build(db.read<T>(), (index) => sql`${sql.val(new Placeholder(index))}`, db.dialect).compile();
    const made = { query, memory: new ReadMemory<R>() };
    reads.set(db, made);
    return made;
  };
  const all = async (db: Database, values: P): Promise<readonly R[]> => {
    const { query, memory } = reads.get(db) ?? prepare(db);
    const generation = db.generation();
    const key = keyOf(values);
    const known = memory.recall(generation, key);
    if (known !== undefined) return known;
    const rows = await db.rows<R>({
      ...query,
      parameters: query.parameters.map((p) => (p instanceof Placeholder ? values[p.index] : p)),
    });
    memory.keep(generation, key, rows);
    return rows;
  };
  return {
    all: (db, ...values) => all(db, values),
    first: async (db, ...values) => (await all(db, values))[0],
  };
}

/** One text for all values; U+0000 is in none of them that a database accepts. (Half the price of `join`.) */
function keyOf(values: readonly (string | number)[]): string {
  let key = '';
  for (let index = 0; index < values.length; index++) key += `${values[index]}\0`;
  return key;
}
