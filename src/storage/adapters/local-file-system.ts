import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  ftruncateSync,
  futimesSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';

/**
 * The file operations of the upload path, all with raw descriptors and with the errors of node:fs. A port, so that tests
 * can run out of space, fail a sync, or lose power between any two calls.
 */
export interface FileSystem {
  /** `create` makes the file when it is missing; `existing` fails with ENOENT then. Both open for reading and writing. */
  open(path: string, how: 'create' | 'existing'): number;
  /** May write less than asked. */
  write(descriptor: number, data: Uint8Array, position: number): number;
  read(descriptor: number, target: Uint8Array, position: number): number;
  truncate(descriptor: number, sizeBytes: number): void;
  stat(descriptor: number): { readonly sizeBytes: number; readonly modifiedNs: bigint };
  setModified(descriptor: number, seconds: number): void;
  close(descriptor: number): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  mkdir(path: string): void;
  /** Resolves when the file's content is on stable storage. Runs beside other calls: it may take seconds. */
  sync(descriptor: number): Promise<void>;
  /** Resolves when the names in the directory are on stable storage. */
  syncDirectory(path: string): Promise<void>;
}

const FILE_MODE = 0o640;
export const DIRECTORY_MODE = 0o750;

// Upload ids and digests are checked before they become paths; O_NOFOLLOW guards against a link planted in the directory.
const OPEN_FLAGS = constants.O_RDWR | constants.O_NOFOLLOW;

export const nodeFileSystem: FileSystem = {
  open: (path, how) => openSync(path, how === 'create' ? OPEN_FLAGS | constants.O_CREAT : OPEN_FLAGS, FILE_MODE),
  write: (descriptor, data, position) => writeSync(descriptor, data, 0, data.byteLength, position),
  read: (descriptor, target, position) => readSync(descriptor, target, 0, target.byteLength, position),
  truncate: ftruncateSync,
  stat(descriptor) {
    const stats = fstatSync(descriptor, { bigint: true });
    return { sizeBytes: Number(stats.size), modifiedNs: stats.mtimeNs };
  },
  setModified: (descriptor, seconds) => futimesSync(descriptor, seconds, seconds),
  close: closeSync,
  rename: renameSync,
  unlink: unlinkSync,
  mkdir: (path) => mkdirSync(path, { mode: DIRECTORY_MODE }),
  sync,
  async syncDirectory(path) {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await sync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  },
};

function sync(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}
