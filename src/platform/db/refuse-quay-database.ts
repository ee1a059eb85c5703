/** Tables that every version of Quay has had, and that no version of ours has. */
export const QUAY_TABLES = ['alembic_version', 'queueitem'] as const;

/** The database belongs to Project Quay. */
export class QuayDatabaseError extends Error {
  override readonly name = 'QuayDatabaseError';
}

/**
 * Throws {@link QuayDatabaseError} for a database with Quay's tables and none of ours. Some tables have the same names, so
 * that a start would stop in the middle, and leave Quay with what it had made until then.
 * @param tables names of those of {@link QUAY_TABLES} and of `schema_migration` that are there.
 */
export function refuseQuayDatabase(tables: readonly string[]): void {
  if (tables.includes('schema_migration') || !QUAY_TABLES.every((name) => tables.includes(name))) return;
  throw new QuayDatabaseError(
    'The database is one of Project Quay, which this version cannot take over; nothing in it was changed. ' +
      'Make an empty one (on PostgreSQL: CREATE DATABASE gantry OWNER …;) and name it in DB_URI',
  );
}
