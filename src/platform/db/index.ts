export type { Database, Dialect, Transaction } from './database.ts';
export { isForeignKeyViolation, isUniqueViolation } from './errors.ts';
export { SQL_TYPES, type Migration, type SqlTypes } from './migration.ts';
export { UnknownMigrationsError } from './pending-migrations.ts';
export { createPostgresDatabase } from './postgres/postgres-database.ts';
export { prepared, type PreparedRead } from './prepared.ts';
export { createSqliteDatabase } from './sqlite/sqlite-database.ts';
export { databaseConfig } from './config.ts';
