import { nodeFileSystem, type FileSystem } from '../adapters/local-file-system.ts';
import { systemError } from './crash-file-system.ts';

/** The real file system with faults: what `faults` names fails with that error until it is taken out. */
export class FaultyFileSystem implements FileSystem {
  readonly faults = new Map<keyof FileSystem, string>();
  /** Descriptors that were opened and not closed. */
  readonly opened = new Set<number>();
  /** Bytes that one write takes at most. */
  longestWrite = Infinity;

  open(path: string, how: 'create' | 'existing'): number {
    this.#check('open');
    const descriptor = nodeFileSystem.open(path, how);
    this.opened.add(descriptor);
    return descriptor;
  }

  write(descriptor: number, data: Uint8Array, position: number): number {
    this.#check('write');
    return nodeFileSystem.write(descriptor, data.subarray(0, this.longestWrite), position);
  }

  read(descriptor: number, target: Uint8Array, position: number): number {
    this.#check('read');
    return nodeFileSystem.read(descriptor, target, position);
  }

  truncate(descriptor: number, sizeBytes: number): void {
    this.#check('truncate');
    nodeFileSystem.truncate(descriptor, sizeBytes);
  }

  stat(descriptor: number): ReturnType<FileSystem['stat']> {
    this.#check('stat');
    return nodeFileSystem.stat(descriptor);
  }

  setModified(descriptor: number, seconds: number): void {
    this.#check('setModified');
    nodeFileSystem.setModified(descriptor, seconds);
  }

  close(descriptor: number): void {
    nodeFileSystem.close(descriptor);
    this.opened.delete(descriptor);
    this.#check('close');
  }

  rename(from: string, to: string): void {
    this.#check('rename');
    nodeFileSystem.rename(from, to);
  }

  unlink(path: string): void {
    this.#check('unlink');
    nodeFileSystem.unlink(path);
  }

  mkdir(path: string): void {
    this.#check('mkdir');
    nodeFileSystem.mkdir(path);
  }

  async sync(descriptor: number): Promise<void> {
    this.#check('sync');
    await nodeFileSystem.sync(descriptor);
  }

  async syncDirectory(path: string): Promise<void> {
    this.#check('syncDirectory');
    await nodeFileSystem.syncDirectory(path);
  }

  #check(operation: keyof FileSystem): void {
    const code = this.faults.get(operation);
    if (code !== undefined) throw systemError(code);
  }
}
