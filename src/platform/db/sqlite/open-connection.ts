import { DatabaseSync } from 'node:sqlite';

/** How long a connection waits for a lock held by another process (`gantry user create` beside the server), in ms. */
const BUSY_TIMEOUT_MS = 5000;

/** Opens the database file with the settings every connection of ours has; `synchronous=FULL` makes commits survive a power cut. */
export function openConnection(file: string, options: { readonly readOnly: boolean }): DatabaseSync {
  const connection = new DatabaseSync(file, { readOnly: options.readOnly, timeout: BUSY_TIMEOUT_MS });
  if (!options.readOnly) {
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  }
  // A 16 MiB page cache and a memory map serve the hot reads; temp tables never touch the disk.
  connection.exec('PRAGMA cache_size = -16384; PRAGMA mmap_size = 268435456; PRAGMA temp_store = MEMORY');
  return connection;
}
