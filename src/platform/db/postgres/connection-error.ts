import { AppError } from '../../../kernel/errors.ts';

const DISK_FULL = '53100';
/**
 * Classes 08 (connection), 53 (resources), 57 (operator: shutdown, time limit), 40 (deadlock, after all attempts), and a server
 * that has become a read-only standby: another attempt may succeed.
 */
const TRY_AGAIN = /^(?:08|53|57|40|25006$)/;
/** What pg says of a connection that is gone or never came up; these errors have no code. */
const CONNECTION_GONE = /connection|client (?:was closed|has encountered)|timeout|terminat/i;

/** The SQLSTATE of an error that the server has sent. */
export function sqlState(error: unknown): string | undefined {
  const fromServer = error instanceof Error && 'severity' in error && 'code' in error;
  return fromServer && typeof error.code === 'string' ? error.code : undefined;
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
  const system = state === undefined && 'syscall' in error;
  const gone = state === undefined && !('code' in error) && CONNECTION_GONE.test(error.message);
  if (!system && !gone && !TRY_AGAIN.test(state ?? '')) return error;
  return new AppError('DATABASE_UNAVAILABLE', 'The database does not answer; try again', {
    cause: error,
    headers: { 'Retry-After': '1' },
  });
}
