import type { Clock } from '../../kernel/clock.ts';
import { digestAlgorithm, type Digest, type DigestAlgorithm } from '../../kernel/digest.ts';
import type { StoredBlob } from '../ports.ts';
import { checkDigest, checkSize } from './check-content.ts';
import type { FileSystem } from './local-file-system.ts';
import { unknownUpload, type LocalLayout } from './local-layout.ts';
import { closeQuietly, OpenUpload, type UploadEnd } from './open-upload.ts';
import { BlobPlacer } from './place-blob.ts';
import { RunningSums } from './running-sums.ts';
import { storageError, systemErrorCode } from './storage-error.ts';

/** A running sum is some hundred bytes; an upload whose sums were forgotten is read once more at its end. */
const MAX_REMEMBERED = 1000;
const READ_BYTES = 1024 * 1024;
const READS_PER_TURN = 4;

/**
 * The uploads that one worker writes. Plain calls and no thread, so that it can be tested as it is.
 * All methods throw AppErrors and close what they opened.
 */
export class LocalUploads {
  readonly #layout: LocalLayout;
  readonly #files: FileSystem;
  readonly #clock: Clock;
  readonly #placer: BlobPlacer;
  readonly #open = new Map<string, OpenUpload>();
  readonly #ended = new Map<string, UploadEnd & { readonly nameIsDurable: boolean }>();
  #readBuffer: Uint8Array | undefined;

  constructor(options: { readonly layout: LocalLayout; readonly files: FileSystem; readonly clock: Clock }) {
    this.#layout = options.layout;
    this.#files = options.files;
    this.#clock = options.clock;
    this.#placer = new BlobPlacer(options.layout, options.files);
  }

  /** See `UploadStore.append`. A request that still writes to the same upload loses it. */
  append(uploadId: string, offset: number, algorithm: DigestAlgorithm): OpenUpload {
    const path = this.#layout.upload(uploadId);
    this.#takeOver(uploadId);
    const descriptor = this.#openFile(uploadId, offset === 0 ? 'create' : 'existing');
    try {
      const { sizeBytes } = this.#files.stat(descriptor);
      if (sizeBytes < offset) throw unknownUpload(uploadId);
      if (offset === 0) this.#ended.delete(uploadId);
      const sums = offset === 0 ? RunningSums.start(algorithm) : this.#recall(uploadId, descriptor, offset);
      if (sizeBytes > offset) this.#files.truncate(descriptor, offset);
      const upload = new OpenUpload(this.#files, { descriptor, offset, sums }, () => this.#unlinkQuietly(path));
      this.#open.set(uploadId, upload);
      return upload;
    } catch (error) {
      closeQuietly(this.#files, descriptor);
      throw storageError(error, 'open the upload');
    }
  }

  /** Resolves with the size of the upload, and with `durable` after its content and its name are on stable storage. */
  async end(uploadId: string, upload: OpenUpload, durable: boolean): Promise<number> {
    try {
      const nameIsDurable = this.#ended.get(uploadId)?.nameIsDurable ?? false;
      if (durable) {
        await upload.sync();
        if (!nameIsDurable) await this.#syncNames();
      }
      const end = upload.end();
      this.#remember(uploadId, end, nameIsDurable || durable);
      return end.sizeBytes;
    } finally {
      this.#forgetOpen(uploadId, upload);
    }
  }

  abort(uploadId: string, upload: OpenUpload): void {
    try {
      const end = upload.abort();
      if (end !== undefined) this.#remember(uploadId, end, this.#ended.get(uploadId)?.nameIsDurable ?? false);
    } finally {
      this.#forgetOpen(uploadId, upload);
    }
  }

  /** See `UploadStore.finish`. */
  async finish(uploadId: string, sizeBytes: number, expected: Digest): Promise<StoredBlob> {
    const path = this.#layout.upload(uploadId);
    this.#takeOver(uploadId);
    const descriptor = this.#openFile(uploadId, 'existing');
    try {
      const stat = this.#files.stat(descriptor);
      checkSize(stat.sizeBytes, sizeBytes);
      const algorithm = digestAlgorithm(expected);
      let sums = this.#recall(uploadId, descriptor, sizeBytes);
      if (sums === undefined || !sums.knows(algorithm)) sums = await this.#sum(descriptor, sizeBytes, algorithm);
      const blob = { ...sums.digests(), sizeBytes };
      checkDigest(blob, expected);
      // The time of the last write is a made-up one; backups go by it.
      this.#files.setModified(descriptor, this.#clock.now() / 1000);
      await this.#syncOrDrop(descriptor, path);
      await this.#placer.place(path, blob.sha256);
      this.#ended.delete(uploadId);
      return blob;
    } catch (error) {
      throw systemErrorCode(error) === 'ENOENT' ? unknownUpload(uploadId) : storageError(error, 'finish the upload');
    } finally {
      closeQuietly(this.#files, descriptor);
    }
  }

  /** See `UploadStore.discard`. */
  discard(uploadId: string): void {
    const path = this.#layout.upload(uploadId);
    this.#takeOver(uploadId);
    this.#ended.delete(uploadId);
    try {
      this.#files.unlink(path);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw storageError(error, 'remove the upload');
    }
  }

  #openFile(uploadId: string, how: 'create' | 'existing'): number {
    try {
      return this.#files.open(this.#layout.upload(uploadId), how);
    } catch (error) {
      if (how === 'existing' && systemErrorCode(error) === 'ENOENT') throw unknownUpload(uploadId);
      throw storageError(error, 'open the upload');
    }
  }

  /** The sums of exactly the bytes that the file holds now, if this worker wrote them all. */
  #recall(uploadId: string, descriptor: number, sizeBytes: number): RunningSums | undefined {
    const end = this.#ended.get(uploadId);
    if (end?.remembered === undefined || end.sizeBytes !== sizeBytes) return undefined;
    const found = this.#files.stat(descriptor);
    if (found.sizeBytes !== sizeBytes || found.modifiedNs !== end.remembered.modifiedNs) return undefined;
    return end.remembered.sums;
  }

  #remember(uploadId: string, end: UploadEnd, nameIsDurable: boolean): void {
    this.#ended.delete(uploadId);
    this.#ended.set(uploadId, { ...end, nameIsDurable });
    if (this.#ended.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#ended.keys();
    if (oldest !== undefined) this.#ended.delete(oldest);
  }

  /** Reads the file from its start. Other uploads of this worker go on meanwhile. */
  async #sum(descriptor: number, sizeBytes: number, algorithm: DigestAlgorithm): Promise<RunningSums> {
    const sums = RunningSums.start(algorithm);
    this.#readBuffer ??= new Uint8Array(READ_BYTES);
    let position = 0;
    for (let reads = 1; position < sizeBytes; reads += 1) {
      const read = this.#files.read(descriptor, this.#readBuffer, position);
      if (read === 0) break;
      sums.update(this.#readBuffer.subarray(0, read));
      position += read;
      if (reads % READS_PER_TURN === 0) await nextTurn();
    }
    checkSize(position, sizeBytes);
    return sums;
  }

  /** A file whose sync failed is removed: a second sync may succeed although the content was lost. */
  async #syncOrDrop(descriptor: number, path: string): Promise<void> {
    try {
      await this.#files.sync(descriptor);
    } catch (error) {
      this.#unlinkQuietly(path);
      throw error;
    }
  }

  async #syncNames(): Promise<void> {
    try {
      await this.#files.syncDirectory(this.#layout.uploads);
    } catch (error) {
      throw storageError(error, 'make the upload durable');
    }
  }

  #takeOver(uploadId: string): void {
    this.#open.get(uploadId)?.takeOver();
    this.#open.delete(uploadId);
  }

  #forgetOpen(uploadId: string, upload: OpenUpload): void {
    // Closes the file if it is still open after a failure.
    upload.takeOver();
    if (this.#open.get(uploadId) === upload) this.#open.delete(uploadId);
  }

  #unlinkQuietly(path: string): void {
    try {
      this.#files.unlink(path);
    } catch {
      // It stays as a leftover, which reconciling removes.
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
