import { DatabaseSync } from 'node:sqlite';

/** How long a connection waits for a lock held by another process (`gantry user create` beside the server), in ms. */
const BUSY_TIMEOUT_MS = 5000;
/** The write-ahead log is cut back to this size (bytes) once a checkpoint has emptied it. */
const LOG_LIMIT = 64 * 1024 * 1024;

/**
 * Opens the database file with the settings every connection of ours has. `synchronous=FULL` makes commits survive a power
 * cut. Files are not memory-mapped: a read error would then end the process with a signal instead of an error.
 */
export function openConnection(file: string, options: { readonly readOnly: boolean }): DatabaseSync {
  const connection = new DatabaseSync(file, { readOnly: options.readOnly, timeout: BUSY_TIMEOUT_MS });
  try {
    if (!options.readOnly) {
      connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
      connection.exec(`PRAGMA journal_size_limit = ${LOG_LIMIT}`);
    }
    // 16 MiB of pages serve the hot reads; temporary tables never touch the disk.
    connection.exec('PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}
