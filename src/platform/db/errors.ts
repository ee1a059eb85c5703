import { AppError } from '../../kernel/errors.ts';
import { sqlState } from './postgres/connection-error.ts';
import type { SqliteFailure } from './sqlite/messages.ts';

/** A failed SQLite statement that is the statement's own fault (a constraint, wrong SQL). */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  /** SQLite's extended result code. */
  readonly errcode: number;

  constructor(failure: SqliteFailure) {
    super(failure.message);
    this.errcode = failure.errcode;
  }
}

const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;
const SQLITE_CONSTRAINT_UNIQUE = 2067;
const SQLITE_CONSTRAINT_FOREIGNKEY = 787;

/** Turns an SQLite failure into the error callers see: the disk's troubles become AppErrors, the rest stays as it is. */
export function sqliteError(failure: SqliteFailure): Error {
  const cause = new SqliteError(failure);
  const unavailable = (message: string) => new AppError('DATABASE_UNAVAILABLE', message, { cause });
  switch (failure.errcode & 0xff) {
    case SQLITE_FULL:
      return new AppError('STORAGE_FULL', 'The disk of the database is full; free some space and try again', { cause });
    case SQLITE_BUSY:
      return unavailable('The database is locked by another process; try again');
    case SQLITE_IOERR:
      return unavailable('The disk of the database reports errors; check it, then try again');
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return unavailable('The database file cannot be opened for writing; check the directory and its permissions');
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return unavailable('The database file is damaged or not a database; restore it from a backup');
    default:
      return cause;
  }
}

/** Whether the error is a broken UNIQUE or PRIMARY KEY constraint, on either dialect. */
export function isUniqueViolation(error: unknown): boolean {
  if (error instanceof SqliteError) {
    return error.errcode === SQLITE_CONSTRAINT_UNIQUE || error.errcode === SQLITE_CONSTRAINT_PRIMARYKEY;
  }
  return sqlState(error) === '23505';
}

/** Whether the error is a broken foreign key, on either dialect. */
export function isForeignKeyViolation(error: unknown): boolean {
  if (error instanceof SqliteError) return error.errcode === SQLITE_CONSTRAINT_FOREIGNKEY;
  const state = sqlState(error);
  return state === '23503' || state === '23001';
}
