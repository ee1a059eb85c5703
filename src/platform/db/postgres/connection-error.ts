import { AppError } from '../../../kernel/errors.ts';

const DISK_FULL = '53100';
const READ_ONLY = '25006';
/** Classes 08 (connection), 53 (resources), 57 (operator: shutdown, time limit), 40 (deadlock, after all attempts). */
const TRY_AGAIN = /^(?:08|53|57|40)/;
/** The server has ended or refused the connection: it stops, starts, recovers, or has too many of them. */
const SERVER_GONE = /^(?:08|57P0[1-5]$|53300$)/;
/** What pg says of a connection that is gone or never came up; these errors have no code. */
const CONNECTION_TROUBLE = /connection|client (?:was closed|has encountered)|timeout|terminat/i;
/** Of those, the ones where time has run out already: another attempt would take as long. */
const TIME_IS_UP = /query read timeout|timeout exceeded/i;

/** The SQLSTATE of an error that the server has sent. */
export function sqlState(error: unknown): string | undefined {
  const fromServer = error instanceof Error && 'severity' in error && 'code' in error;
  return fromServer && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether the connection was lost, or none could be made: what was asked on it may be asked again on the next. */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const state = sqlState(error);
  if (state !== undefined) return SERVER_GONE.test(state);
  return 'syscall' in error || (isTrouble(error) && !TIME_IS_UP.test(error.message));
}

/** Whether the server refuses to change anything: it is a standby, or was told to. */
export function isReadOnlyRefusal(error: unknown): boolean {
  return sqlState(error) === READ_ONLY;
}

/** The error callers see for one of pg: the server's troubles become AppErrors, the rest stays as it is. */
export function connectionError(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const state = sqlState(error);
  if (state === DISK_FULL) {
    return new AppError('STORAGE_FULL', 'The disk of the database is full; free some space and try again', {
      cause: error,
    });
  }
  if (state === READ_ONLY) {
    const message = 'The database accepts no changes at the moment, so that only pulls are possible; try again later';
    return new AppError('DATABASE_READ_ONLY', message, { cause: error, headers: { 'Retry-After': '30' } });
  }
  const isSystem = state === undefined && 'syscall' in error;
  if (!isSystem && !isTrouble(error) && !TRY_AGAIN.test(state ?? '')) return error;
  return new AppError('DATABASE_UNAVAILABLE', 'The database does not answer; try again', {
    cause: error,
    headers: { 'Retry-After': '1' },
  });
}

function isTrouble(error: Error): boolean {
  return sqlState(error) === undefined && !('code' in error) && CONNECTION_TROUBLE.test(error.message);
}
