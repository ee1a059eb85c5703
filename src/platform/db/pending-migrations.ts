import type { Migration } from './migration.ts';

/** Refusal to serve a database that a newer version has changed too much, or whose history is not ours. */
export class UnknownMigrationsError extends Error {
  override readonly name = 'UnknownMigrationsError';
}

/** A step as the database remembers it. */
export interface AppliedMigration {
  readonly name: string;
  /** See {@link Migration.needs}. */
  readonly needs: string | null;
}

/**
 * The migrations still to run, in order. Steps of a newer version are put up with unless they need one that is unknown here,
 * so that the version before still runs. Errors: {@link UnknownMigrationsError}.
 */
export function pendingMigrations(
  all: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  const known = new Set(all.map((migration) => migration.name));
  const done = new Set(applied.map((migration) => migration.name));
  const pending = all.filter((migration) => !done.has(migration.name));
  const unknown = applied.filter((migration) => !known.has(migration.name));
  // A newer version has run all of ours first: where some are missing, the steps are those of something else.
  const refused = unknown.filter(({ needs }) => pending.length > 0 || (needs !== null && !known.has(needs)));
  if (refused.length === 0) return pending;
  const names = refused.map((migration) => migration.name).join(', ');
  throw new UnknownMigrationsError(
    `The database was changed by a newer version (${names}); start that version or restore a backup`,
  );
}
