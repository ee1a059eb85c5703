import { AppError } from '../../kernel/errors.ts';
import type { FileSystem } from './local-file-system.ts';
import type { RunningSums } from './running-sums.ts';
import { storageError } from './storage-error.ts';

/** Where an upload stood when it was opened. `sums` is undefined when nobody here has seen all of its bytes. */
export interface UploadStart {
  readonly descriptor: number;
  readonly offset: number;
  readonly sums: RunningSums | undefined;
}

/** What {@link OpenUpload} tells its owner when it closes; without remembered sums its bytes must be read again. */
export interface UploadEnd {
  readonly sizeBytes: number;
  readonly remembered: RememberedSums | undefined;
}

/** Sums that hold as long as the file has this modification time. */
export interface RememberedSums {
  readonly sums: RunningSums;
  readonly modifiedNs: bigint;
}

/** The bytes of one request on their way into an upload's file. */
export class OpenUpload {
  readonly #files: FileSystem;
  readonly #start: UploadStart;
  readonly #sums: RunningSums | undefined;
  readonly #unlink: () => void;
  #descriptor: number | undefined;
  #sizeBytes: number;
  #failure: AppError | undefined;

  /** @param unlink Removes the upload's file. */
  constructor(files: FileSystem, start: UploadStart, unlink: () => void) {
    this.#files = files;
    this.#start = start;
    // The sums at the start are kept as they are, for a return there.
    this.#sums = start.sums?.copy();
    this.#unlink = unlink;
    this.#descriptor = start.descriptor;
    this.#sizeBytes = start.offset;
  }

  /** A failure drops all bytes of this request, which also frees the space that was missing. */
  write(data: Uint8Array): void {
    const descriptor = this.#usable();
    try {
      let written = 0;
      while (written < data.byteLength) {
        const rest = written === 0 ? data : data.subarray(written);
        written += this.#files.write(descriptor, rest, this.#sizeBytes + written);
      }
    } catch (error) {
      this.#failure = storageError(error, 'store the upload');
      this.#rewind();
      throw this.#failure;
    }
    this.#sums?.update(data);
    this.#sizeBytes += data.byteLength;
  }

  async sync(): Promise<void> {
    const descriptor = this.#usable();
    try {
      await this.#files.sync(descriptor);
    } catch (error) {
      // After a failed sync the kernel may call the lost pages clean: what the file holds is not known any more.
      this.#failure = storageError(error, 'make the upload durable');
      this.takeOver();
      this.#unlink();
      throw this.#failure;
    }
    this.#usable();
  }

  /** Closes the file. */
  end(): UploadEnd {
    return this.#leave(this.#usable(), this.#sizeBytes, this.#sums);
  }

  /** Goes back to where the upload stood and closes the file; undefined when nothing is left of the upload. */
  abort(): UploadEnd | undefined {
    if (this.#failure !== undefined) return undefined;
    const descriptor = this.#usable();
    const { offset, sums } = this.#start;
    if (offset === 0) {
      this.takeOver();
      this.#unlink();
      return undefined;
    }
    try {
      this.#files.truncate(descriptor, offset);
    } catch (error) {
      this.takeOver();
      throw storageError(error, 'take back the upload');
    }
    return this.#leave(descriptor, offset, sums);
  }

  /** Closes the file for another request; this one can do nothing any more. */
  takeOver(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeQuietly(this.#files, descriptor);
  }

  #usable(): number {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#descriptor !== undefined) return this.#descriptor;
    throw new AppError(
      'BLOB_UPLOAD_BUSY',
      'Another request took over the upload; ask for its status and continue there',
    );
  }

  #rewind(): void {
    try {
      if (this.#start.offset > 0 && this.#descriptor !== undefined) {
        this.#files.truncate(this.#descriptor, this.#start.offset);
      }
    } catch {
      // The bytes beyond the start are dropped by the next request or with the upload.
    }
    this.takeOver();
    if (this.#start.offset === 0) this.#unlink();
  }

  #leave(descriptor: number, sizeBytes: number, sums: RunningSums | undefined): UploadEnd {
    this.#descriptor = undefined;
    const remembered = sums === undefined ? undefined : stamp(this.#files, descriptor, sums);
    try {
      this.#files.close(descriptor);
    } catch (error) {
      // Network file systems report lost writes here. The descriptor is gone nevertheless and must not be closed twice.
      throw storageError(error, 'store the upload');
    }
    return { sizeBytes, remembered };
  }
}

const DAY_SECONDS = 86_400;

/**
 * Gives the file a random modification time. When it is found again, no other process has written to the file since, so
 * the sums kept in memory are those of the file. The clock's own resolution (some ms) would not tell.
 */
function stamp(files: FileSystem, descriptor: number, sums: RunningSums): RememberedSums | undefined {
  try {
    files.setModified(descriptor, Date.now() / 1000 - Math.random() * DAY_SECONDS);
    return { sums, modifiedNs: files.stat(descriptor).modifiedNs };
  } catch {
    return undefined;
  }
}

export function closeQuietly(files: FileSystem, descriptor: number): void {
  try {
    files.close(descriptor);
  } catch {
    // The descriptor is gone either way, and an earlier error is already on its way.
  }
}
