import type { Digest } from '../../kernel/digest.ts';
import type { FileSystem } from './local-file-system.ts';
import type { LocalLayout } from './local-layout.ts';
import { systemErrorCode } from './storage-error.ts';

/** Moves finished files to the place of their digest. */
export class BlobPlacer {
  readonly #layout: LocalLayout;
  readonly #files: FileSystem;
  /**
   * Directories whose own names this object has brought to stable storage. One that merely exists may have been made by
   * another worker a moment ago, and would be lost in a power cut with all that was moved into it.
   */
  readonly #durable = new Set<string>();

  constructor(layout: LocalLayout, files: FileSystem) {
    this.#layout = layout;
    this.#files = files;
  }

  /**
   * Resolves when the blob is where it belongs and stays there after a power cut. Replaces a file of the same digest,
   * which heals one that was damaged. The content must be on stable storage before. Errors of node:fs.
   */
  async place(from: string, sha256: Digest): Promise<void> {
    const to = this.#layout.blob(sha256);
    await this.#prepare(sha256);
    try {
      this.#files.rename(from, to);
    } catch (error) {
      // Somebody may have removed the directory by hand since.
      if (systemErrorCode(error) !== 'ENOENT') throw error;
      this.#durable.clear();
      await this.#prepare(sha256);
      this.#files.rename(from, to);
    }
    await this.#files.syncDirectory(this.#layout.blobDirectory(sha256));
  }

  async #prepare(sha256: Digest): Promise<void> {
    const ofAlgorithm = this.#layout.algorithmDirectory(sha256);
    await this.#makeDurable(ofAlgorithm, this.#layout.root);
    await this.#makeDurable(this.#layout.blobDirectory(sha256), ofAlgorithm);
  }

  async #makeDurable(directory: string, parent: string): Promise<void> {
    if (this.#durable.has(directory)) return;
    try {
      this.#files.mkdir(directory);
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    }
    await this.#files.syncDirectory(parent);
    this.#durable.add(directory);
  }
}
