import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import type { LogTally } from './log-tally.ts';

export interface RotatingFileOptions {
  /** Absolute path; directories above it are made. */
  readonly path: string;
  /** The file is put aside before it grows beyond this. */
  readonly maxBytes: number;
  /** How many files that were put aside are kept, as `<path>.1` (the newest), `<path>.2` …; 0: none. */
  readonly keep: number;
  readonly clock: Clock;
  /** Is told of each line that could not be written. */
  readonly tally: LogTally;
}

/** Takes whole lines. Never throws: a log that cannot be written must not stop what it tells about. */
export interface LogFile {
  write(line: string): void;
  /** Begins anew at the path, for whoever has moved the file away. */
  reopen(): void;
  close(): void;
}

/** How often, in ms, is looked whether the file is still at its path, and opening is tried again after a failure. */
const CHECK_MS = 1000;
const NEWLINE = 10;
/** Others than the owner have no business in a log; a group may be given one to read. */
const MODE = 0o640;

/**
 * A file that lines are appended to, at once and one by one, so that a crash of the process loses none. Together with what is
 * put aside it never takes more than (`keep` + 1) × `maxBytes`, one line more at most: where files cannot be renamed, it is
 * emptied. A file that vanishes, with its directory or not, is made again within a second.
 */
export function openRotatingFile(options: RotatingFileOptions): LogFile {
  const { path, clock, tally } = options;
  let file: OpenFile | undefined;
  let checkAt = 0;

  function open(): OpenFile | undefined {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
      return openAt(path);
    } catch {
      return undefined;
    }
  }

  function drop(): void {
    if (file !== undefined) ignoreErrors(() => closeSync((file as OpenFile).descriptor));
    file = undefined;
  }

  /** Once a second: what is open must be what is at the path, and what is not open may open now. */
  function check(): void {
    if (clock.now() < checkAt) return;
    checkAt = clock.now() + CHECK_MS;
    if (file !== undefined && !isAt(path, file)) drop();
    file ??= open();
  }

  function rotate(): void {
    drop();
    if (options.keep === 0 || !putAside(path, options.keep)) ignoreErrors(() => empty(path));
    file = open();
  }

  function write(line: string): void {
    check();
    const bytes = Buffer.from(line);
    if (file !== undefined && file.sizeBytes > 0 && file.sizeBytes + bytes.length > options.maxBytes) rotate();
    if (file === undefined || !append(file, bytes)) {
      tally.lost += 1;
      drop();
    }
  }

  check();
  return {
    write,
    reopen() {
      drop();
      checkAt = 0;
      check();
    },
    close: drop,
  };
}

interface OpenFile {
  readonly descriptor: number;
  readonly device: number;
  readonly inode: number;
  sizeBytes: number;
}

function openAt(path: string): OpenFile {
  const descriptor = openSync(path, 'a+', MODE);
  try {
    const { dev, ino, size } = fstatSync(descriptor);
    const file = { descriptor, device: dev, inode: ino, sizeBytes: size };
    endLastLine(file);
    return file;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** A power cut, or a disk that was full, may have left half a line: the next one begins a line of its own. */
function endLastLine(file: OpenFile): void {
  if (file.sizeBytes === 0) return;
  const last = Buffer.alloc(1);
  readSync(file.descriptor, last, 0, 1, file.sizeBytes - 1);
  if (last[0] !== NEWLINE) append(file, Buffer.from('\n'));
}

/** Whether all of it was written. */
function append(file: OpenFile, bytes: Buffer): boolean {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(file.descriptor, bytes, written);
  } catch {
    return false;
  } finally {
    file.sizeBytes += written;
  }
  return true;
}

function isAt(path: string, file: OpenFile): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.ino === file.inode && there.dev === file.device;
}

/** Moves `<path>` to `<path>.1`, that to `<path>.2` and so on; the last one goes. False when the file is still there. */
function putAside(path: string, keep: number): boolean {
  for (let number = keep - 1; number >= 1; number--) {
    ignoreErrors(() => renameSync(`${path}.${number}`, `${path}.${number + 1}`));
  }
  return ignoreErrors(() => renameSync(path, `${path}.1`));
}

function empty(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    ftruncateSync(descriptor, 0);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether it worked. */
function ignoreErrors(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
