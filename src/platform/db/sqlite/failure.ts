import { sqliteError } from '../errors.ts';
import type { SqliteFailure } from './messages.ts';

/** What crosses a thread of an error that node:sqlite has thrown. */
export function toFailure(error: unknown): SqliteFailure {
  const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  return { message: error instanceof Error ? error.message : String(error), errcode };
}

/** The error callers see for one that node:sqlite has thrown; any other stays as it is. */
export function translated(error: unknown): unknown {
  const failure = toFailure(error);
  return failure.errcode === 0 ? error : sqliteError(failure);
}

/** Runs statements on this thread with their errors {@link translated}. */
export function onThisThread<R>(run: () => R): R {
  try {
    return run();
  } catch (error) {
    throw translated(error);
  }
}
