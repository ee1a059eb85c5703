import type { Database } from './database.ts';

/**
 * Makes a transaction that changes no row, which a database that takes no changes refuses all the same. Errors:
 * DATABASE_READ_ONLY, DATABASE_UNAVAILABLE, STORAGE_FULL.
 */
export async function tryWriting(db: Database): Promise<void> {
  await db.transaction(async (tx) => {
    const steps = tx.query<{ schema_migration: { name: string } }>();
    await steps.updateTable('schema_migration').set({ name: '' }).where('name', '=', '').execute();
  });
}
