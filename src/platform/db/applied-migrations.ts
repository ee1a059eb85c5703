import type { Database } from './database.ts';

/** The names of the steps that have made the schema what it is, in order. Reads the file or asks the server, each time. */
export async function appliedMigrations(db: Database): Promise<readonly string[]> {
  const rows = await db
    .read<{ schema_migration: { name: string } }>()
    .selectFrom('schema_migration')
    .select('name')
    .orderBy('name')
    .execute();
  return rows.map(({ name }) => name);
}
