import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { onThisThread, toFailure, translated } from './failure.ts';

const LOCK_FILE = 'gantry.lock';
const PID_FILE = 'gantry.pid';
const SQLITE_BUSY = 5;

/** Keeps connections from being collected, which would free their locks, while nobody holds on to what was returned. */
const held = new Set<DatabaseSync>();

/** Another process serves from the data directory. */
export class DataDirectoryInUseError extends Error {
  override readonly name = 'DataDirectoryInUseError';
}

export interface DataDirectoryLock {
  release(): void;
}

/**
 * Takes the data directory (which must exist) for this process until `release`. The kernel frees it when the process ends in
 * any way, so a lock left by a crash cannot be. Errors: {@link DataDirectoryInUseError}; DATABASE_UNAVAILABLE.
 */
export function lockDataDirectory(directory: string): DataDirectoryLock {
  // Node.js has no flock; an SQLite file in an exclusive transaction is one. Nothing else may open it: closing any other
  // descriptor of the same file would free a POSIX lock.
  const connection = onThisThread(() => new DatabaseSync(join(directory, LOCK_FILE), { timeout: 0 }));
  try {
    connection.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    connection.close();
    if ((toFailure(error).errcode & 0xff) !== SQLITE_BUSY) throw translated(error);
    throw new DataDirectoryInUseError(
      `The data directory "${directory}" is in use by another server${holder(directory)}; ` +
        'stop that one, or choose another directory with --data',
    );
  }
  held.add(connection);
  writeFileSync(join(directory, PID_FILE), `${process.pid}\n`);
  return {
    release() {
      held.delete(connection);
      rmSync(join(directory, PID_FILE), { force: true });
      connection.close();
    },
  };
}

function holder(directory: string): string {
  try {
    const pid = Number(readFileSync(join(directory, PID_FILE), 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? ` (process ${pid})` : '';
  } catch {
    return '';
  }
}
