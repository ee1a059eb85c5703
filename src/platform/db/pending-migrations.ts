import type { Migration } from './migration.ts';

/** Refusal to serve a database that a newer version has changed, or whose history is not ours. */
export class UnknownMigrationsError extends Error {
  override readonly name = 'UnknownMigrationsError';
}

/** The migrations still to run, in order. Errors: {@link UnknownMigrationsError} when the database holds ones we do not know. */
export function pendingMigrations(all: readonly Migration[], applied: readonly string[]): readonly Migration[] {
  const known = new Set(all.map((migration) => migration.name));
  const unknown = applied.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new UnknownMigrationsError(
      `The database was changed by a newer version (${unknown.join(', ')}); start that version or restore a backup`,
    );
  }
  const done = new Set(applied);
  return all.filter((migration) => !done.has(migration.name));
}
