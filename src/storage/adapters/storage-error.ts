import { AppError } from '../../kernel/errors.ts';

/** The system's error name (`ENOSPC`, …), when there is one. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Turns whatever a storage operation threw into an error a client may see; an AppError passes unchanged. The system's own
 * message stays in `cause`, because it holds paths.
 * @param doing What was being done, to follow "Could not".
 */
export function storageError(error: unknown, doing: string): AppError {
  if (error instanceof AppError) return error;
  const code = systemErrorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppError('STORAGE_FULL', `Could not ${doing}: the storage is full; free space and try again`, {
      detail: { reason: code },
      cause: error,
    });
  }
  return new AppError(
    'STORAGE_FAILED',
    `Could not ${doing}: the storage reported ${code ?? 'an error'}; try again later`,
    {
      detail: { reason: code ?? 'unknown' },
      cause: error,
    },
  );
}
