import { AppError } from '../../kernel/errors.ts';

const STORAGE_FULL = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);
const STORAGE_FAILED = new Set(['EIO', 'EROFS', 'ENODEV', 'ESTALE']);
/** Longest chain of causes that is followed. */
const MAX_CAUSES = 8;

/**
 * Turns whatever a handler threw into the error that the client sees. Details of unknown errors go to the log only.
 * @param requestId named in the message of unexpected errors.
 */
export function normalizeError(thrown: unknown, requestId: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const options = { cause: thrown };
  const codes = errorCodes(thrown);
  if (codes.some((code) => STORAGE_FULL.has(code))) {
    return new AppError(
      'STORAGE_FULL',
      'Cannot keep the data because the storage is full; free space and try again',
      options,
    );
  }
  if (codes.some((code) => STORAGE_FAILED.has(code))) {
    return new AppError(
      'STORAGE_FAILED',
      'Cannot reach the data because the storage reported an error; try again',
      options,
    );
  }
  if (codes.some(isDatabaseOutage)) {
    const headers = { 'Retry-After': '5' };
    return new AppError('DATABASE_UNAVAILABLE', 'The database does not answer; try again', { ...options, headers });
  }
  if (thrown instanceof URIError) {
    return new AppError(
      'INVALID_REQUEST',
      'The address contains malformed percent-encoding; encode it as UTF-8',
      options,
    );
  }
  const message = `Unexpected error of the server; its log has more under the reference "${requestId}"`;
  return new AppError('INTERNAL', message, { ...options, detail: { reference: requestId } });
}

function errorCodes(thrown: unknown): string[] {
  const codes: string[] = [];
  let current = thrown;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth++) {
    if ('code' in current && typeof current.code === 'string') codes.push(current.code);
    // SQLite's primary result codes: 13 SQLITE_FULL, 10 SQLITE_IOERR.
    if ('errcode' in current && typeof current.errcode === 'number') {
      const primary = current.errcode % 256;
      if (primary === 13) codes.push('SQLITE_FULL');
      if (primary === 10) codes.push('EIO');
    }
    current = current.cause;
  }
  return codes;
}

/** PostgreSQL: connection exceptions, shut-downs, too many connections (SQLSTATE classes 08, 57P, 53300). */
function isDatabaseOutage(code: string): boolean {
  return /^08[0-9A-Z]{3}$/.test(code) || /^57P0[1-5]$/.test(code) || code === '53300';
}
