import type { FileSystem } from '../adapters/local-file-system.ts';

/** A file's bytes as programs see them, and as a power cut would leave them. */
class Inode {
  content: Uint8Array = new Uint8Array();
  durable: Uint8Array = new Uint8Array();
  modifiedSeconds = 0;
}

type Node = Inode | Directory;

class Directory {
  readonly entries = new Map<string, Node>();
  durable = new Map<string, Node>();
}

/** Thrown by every call once the power is off. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

export interface CrashOptions {
  /** How many calls work before the power goes; unlimited when absent. */
  readonly callsUntilPowerCut?: number;
  /** Planted faults: whether the sync of this directory, or of a file's content, does nothing. */
  readonly ignoresSync?: (what: string) => boolean;
}

/**
 * A file system in memory that keeps apart what was written and what was synced: content of files by `sync`, names by
 * `syncDirectory` of their directory. After a power cut the durable part is all that is sure to be left; whatever else
 * happens to have reached the disk is decided by `luck`.
 */
export class CrashFileSystem implements FileSystem {
  readonly #root: Directory;
  readonly #options: CrashOptions;
  readonly #descriptors = new Map<number, Inode>();
  #nextDescriptor = 3;
  #calls = 0;

  /** @param root For what a power cut left; everybody else gives the directories that are there from the beginning. */
  constructor(directories: readonly string[], options: CrashOptions = {}, root = new Directory()) {
    this.#options = options;
    this.#root = root;
    for (const path of directories) {
      const [parent, name] = this.#locate(path);
      parent.entries.set(name, new Directory());
      parent.durable = new Map(parent.entries);
    }
  }

  get calls(): number {
    return this.#calls;
  }

  get openDescriptors(): number {
    return this.#descriptors.size;
  }

  /** What a restarted machine finds. `luck` says for each unsynced change whether it reached the disk nevertheless. */
  afterPowerCut(luck: () => boolean): CrashFileSystem {
    const copies = new Map<Inode, Inode>();
    const surviveFile = (inode: Inode): Inode => {
      const known = copies.get(inode);
      if (known !== undefined) return known;
      const copy = new Inode();
      copy.content = survivingContent(inode, luck);
      copy.durable = copy.content;
      copies.set(inode, copy);
      return copy;
    };
    const surviveDirectory = (directory: Directory): Directory => {
      const copy = new Directory();
      for (const name of new Set([...directory.entries.keys(), ...directory.durable.keys()])) {
        const now = directory.entries.get(name);
        const synced = directory.durable.get(name);
        const node = now === synced || !luck() ? synced : now;
        if (node === undefined) continue;
        copy.entries.set(name, node instanceof Directory ? surviveDirectory(node) : surviveFile(node));
      }
      copy.durable = new Map(copy.entries);
      return copy;
    };
    return new CrashFileSystem([], {}, surviveDirectory(this.#root));
  }

  /** All files, by path. */
  files(): Map<string, Uint8Array> {
    const found = new Map<string, Uint8Array>();
    const walk = (directory: Directory, path: string): void => {
      for (const [name, node] of directory.entries) {
        if (node instanceof Directory) walk(node, `${path}/${name}`);
        else found.set(`${path}/${name}`, node.content);
      }
    };
    walk(this.#root, '');
    return found;
  }

  open(path: string, how: 'create' | 'existing'): number {
    this.#step();
    const [directory, name] = this.#locate(path);
    let inode = directory.entries.get(name);
    if (inode === undefined && how === 'create') {
      inode = new Inode();
      directory.entries.set(name, inode);
    }
    if (!(inode instanceof Inode)) throw systemError('ENOENT');
    this.#nextDescriptor += 1;
    this.#descriptors.set(this.#nextDescriptor, inode);
    return this.#nextDescriptor;
  }

  write(descriptor: number, data: Uint8Array, position: number): number {
    this.#step();
    const inode = this.#inode(descriptor);
    const content = new Uint8Array(Math.max(inode.content.byteLength, position + data.byteLength));
    content.set(inode.content);
    content.set(data, position);
    inode.content = content;
    this.#touch(inode);
    return data.byteLength;
  }

  read(descriptor: number, target: Uint8Array, position: number): number {
    const part = this.#inode(descriptor).content.subarray(position, position + target.byteLength);
    target.set(part);
    return part.byteLength;
  }

  truncate(descriptor: number, sizeBytes: number): void {
    this.#step();
    const inode = this.#inode(descriptor);
    inode.content = inode.content.slice(0, sizeBytes);
    this.#touch(inode);
  }

  stat(descriptor: number): { sizeBytes: number; modifiedNs: bigint } {
    const inode = this.#inode(descriptor);
    return { sizeBytes: inode.content.byteLength, modifiedNs: BigInt(Math.round(inode.modifiedSeconds * 1e6)) * 1000n };
  }

  setModified(descriptor: number, seconds: number): void {
    this.#step();
    this.#inode(descriptor).modifiedSeconds = seconds;
  }

  close(descriptor: number): void {
    this.#inode(descriptor);
    this.#descriptors.delete(descriptor);
  }

  rename(from: string, to: string): void {
    this.#step();
    const [source, name] = this.#locate(from);
    const [target, newName] = this.#locate(to);
    const node = source.entries.get(name);
    if (node === undefined) throw systemError('ENOENT');
    source.entries.delete(name);
    target.entries.set(newName, node);
  }

  unlink(path: string): void {
    this.#step();
    const [directory, name] = this.#locate(path);
    if (!directory.entries.delete(name)) throw systemError('ENOENT');
  }

  mkdir(path: string): void {
    this.#step();
    const [directory, name] = this.#locate(path);
    if (directory.entries.has(name)) throw systemError('EEXIST');
    directory.entries.set(name, new Directory());
  }

  async sync(descriptor: number): Promise<void> {
    this.#step();
    const inode = this.#inode(descriptor);
    if (this.#options.ignoresSync?.('content') !== true) inode.durable = inode.content;
    return Promise.resolve();
  }

  async syncDirectory(path: string): Promise<void> {
    this.#step();
    const directory = this.#directory(path);
    if (this.#options.ignoresSync?.(path) !== true) directory.durable = new Map(directory.entries);
    return Promise.resolve();
  }

  #step(): void {
    if (this.#calls === this.#options.callsUntilPowerCut) throw new PowerCut();
    this.#calls += 1;
  }

  /** Every change has another time, coarser than a stamp, as real clocks give. */
  #touch(inode: Inode): void {
    inode.modifiedSeconds = Math.floor(Date.now() / 1000) + this.#calls;
  }

  #inode(descriptor: number): Inode {
    const inode = this.#descriptors.get(descriptor);
    if (inode === undefined) throw systemError('EBADF');
    return inode;
  }

  #locate(path: string): [Directory, string] {
    const slash = path.lastIndexOf('/');
    return [this.#directory(path.slice(0, slash)), path.slice(slash + 1)];
  }

  #directory(path: string): Directory {
    let directory = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      const next = directory.entries.get(name);
      if (!(next instanceof Directory)) throw systemError('ENOENT');
      directory = next;
    }
    return directory;
  }
}

/** An error as node:fs throws it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: test`), { code });
}

/** All of it, what was synced, or the new length without the new bytes, as some file systems leave it. */
function survivingContent(inode: Inode, luck: () => boolean): Uint8Array {
  if (inode.content === inode.durable || luck()) return inode.content;
  if (!luck()) return inode.durable;
  const holed = new Uint8Array(inode.content.byteLength);
  holed.set(inode.durable.subarray(0, holed.byteLength));
  return holed;
}
