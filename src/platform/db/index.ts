export type { Database, Dialect, Transaction } from './database.ts';
export { isForeignKeyViolation, isUniqueViolation } from './errors.ts';
export type { Migration, SqlTypes } from './migration.ts';
export { UnknownMigrationsError } from './pending-migrations.ts';
export { createPostgresDatabase, type PostgresOptions } from './postgres/postgres-database.ts';
export { prepared, type PreparedRead } from './prepared.ts';
export { lockDataDirectory, type DataDirectoryLock } from './sqlite/lock-data-directory.ts';
export { createSqliteDatabase, type SqliteOptions } from './sqlite/sqlite-database.ts';
export { databaseConfig } from './config.ts';
