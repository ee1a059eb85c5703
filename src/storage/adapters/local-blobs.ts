import { close, constants, fstat, open, read, stat, unlink } from 'node:fs';
import { promisify } from 'node:util';
import type { Digest } from '../../kernel/digest.ts';
import type { BlobReader, BlobStore } from '../ports.ts';
import type { LocalLayout } from './local-layout.ts';
import { storageError, systemErrorCode } from './storage-error.ts';

const statFile = promisify(stat);
const openFile = promisify(open);
const statDescriptor = promisify(fstat);
const closeDescriptor = promisify(close);
const unlinkFile = promisify(unlink);

/** Blobs on local disk. Raw descriptors: a FileHandle that is lost ends the process when it is collected. */
export function createLocalBlobs(layout: LocalLayout): BlobStore {
  return {
    async stat(sha256) {
      return missingAsUndefined(async () => (await statFile(layout.blob(sha256))).size, 'look up the blob');
    },
    async open(sha256) {
      return missingAsUndefined(() => openReader(layout, sha256), 'open the blob');
    },
    async remove(sha256) {
      const removed = await missingAsUndefined(async () => {
        await unlinkFile(layout.blob(sha256));
        return true;
      }, 'remove the blob');
      return removed ?? false;
    },
  };
}

async function openReader(layout: LocalLayout, sha256: Digest): Promise<BlobReader> {
  const descriptor = await openFile(layout.blob(sha256), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await statDescriptor(descriptor);
    return new LocalBlobReader(descriptor, size);
  } catch (error) {
    await closeDescriptor(descriptor);
    throw error;
  }
}

class LocalBlobReader implements BlobReader {
  readonly sizeBytes: number;
  readonly #descriptor: number;

  constructor(descriptor: number, sizeBytes: number) {
    this.#descriptor = descriptor;
    this.sizeBytes = sizeBytes;
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const length = target.byteLength;
      let filled = 0;
      const more = (): void => {
        read(this.#descriptor, target, filled, length - filled, position + filled, (error, bytes) => {
          if (error !== null) return reject(storageError(error, 'read the blob'));
          filled += bytes;
          if (bytes === 0 || filled === length) return resolve(filled);
          more();
        });
      };
      more();
    });
  }

  async close(): Promise<void> {
    await closeDescriptor(this.#descriptor);
  }
}

async function missingAsUndefined<T>(work: () => Promise<T>, doing: string): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw storageError(error, doing);
  }
}
