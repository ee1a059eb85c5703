import { constants, openSync, writeSync } from 'node:fs';
import { closeQuietly } from './open-upload.ts';
import type { FileSystem } from './local-file-system.ts';
import { systemErrorCode } from './storage-error.ts';

/** What lies before this in a file goes through the page cache: small blobs are pulled soon after they were pushed. */
export const CACHED_BYTES = 16 * 1024 * 1024;

/** Direct input and output needs addresses, positions and lengths that are multiples of the device's block; none has larger ones. */
const BLOCK_BYTES = 4096;

/** Smaller pieces would wait for the device too often. */
const PIECE_BYTES = 256 * 1024;

const PAGE_OF_WEBASSEMBLY = 64 * 1024;
const STAGING_BYTES = 512 * 1024;

/** What is used of it; the types of Node.js leave it to those of browsers. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
};

/**
 * The same files, with the bulk of large ones written past the page cache (O_DIRECT). It costs a fraction of the CPU time, a
 * push of many GB does not drive out what others read, and the sync at its end has next to nothing left to write. A file system
 * that cannot do it, and every piece that does not fit, is written the ordinary way. For one thread.
 */
export function writeAroundCache(files: FileSystem): FileSystem {
  /** Second descriptors of open files, for direct writing; undefined: this file is written the ordinary way. */
  const twins = new Map<number, number | undefined>();
  let staging: Uint8Array | undefined;

  function writeDirectly(descriptor: number, data: Uint8Array, position: number): number | undefined {
    if (!twins.has(descriptor)) twins.set(descriptor, openTwin(descriptor));
    const twin = twins.get(descriptor);
    staging ??= allocateAligned();
    if (twin === undefined || staging === undefined) return undefined;
    const length = Math.min(data.byteLength - (data.byteLength % BLOCK_BYTES), staging.byteLength);
    staging.set(data.subarray(0, length));
    try {
      return writeSync(twin, staging, 0, length, position);
    } catch (error) {
      if (!isInvalid(error)) throw error;
      forgetTwin(descriptor);
      twins.set(descriptor, undefined);
      return undefined;
    }
  }

  function forgetTwin(descriptor: number): void {
    const twin = twins.get(descriptor);
    twins.delete(descriptor);
    if (twin !== undefined) closeQuietly(files, twin);
  }

  return {
    ...files,
    write(descriptor, data, position) {
      const fits = position >= CACHED_BYTES && position % BLOCK_BYTES === 0 && data.byteLength >= PIECE_BYTES;
      return (fits ? writeDirectly(descriptor, data, position) : undefined) ?? files.write(descriptor, data, position);
    },
    close(descriptor) {
      // First, since the number of a closed descriptor may be given to another file at once.
      forgetTwin(descriptor);
      files.close(descriptor);
    },
  };
}

/** The same file, opened for direct writing; undefined when the file system, or the system, has no such thing. */
function openTwin(descriptor: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_WRONLY | constants.O_DIRECT);
  } catch {
    return undefined;
  }
}

/** Memory at an address that direct writing accepts: only WebAssembly promises one. undefined: there is no address space left. */
function allocateAligned(): Uint8Array | undefined {
  try {
    const pages = STAGING_BYTES / PAGE_OF_WEBASSEMBLY;
    return new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer);
  } catch {
    return undefined;
  }
}

/** How a file system says that it takes no direct writing, or not with this alignment. */
function isInvalid(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'EINVAL' || code === 'EOPNOTSUPP';
}
