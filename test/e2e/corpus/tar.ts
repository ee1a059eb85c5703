/** One entry of an archive; the defaults make a regular file of root. */
export interface TarEntry {
  readonly name: string;
  readonly data?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** `0` file, `1` hard link, `2` symbolic link, `3` character device, `5` directory, `6` fifo. */
  readonly type?: string;
  readonly link?: string;
  /** Seconds since the epoch. */
  readonly mtime?: number;
  readonly device?: readonly [major: number, minor: number];
  /** Extended records, `SCHILY.xattr.…` and the like. */
  readonly pax?: Readonly<Record<string, string>>;
}

const BLOCK = 512;
const NAME_MAX = 100;

/** A POSIX archive (ustar with extended headers where a name is too long), the same bytes for the same entries. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(entryBlocks), Buffer.alloc(2 * BLOCK)]);
}

/** The file by which scanners tell distributions apart. */
export function osRelease(id: string, version: string, extra = ''): TarEntry {
  return {
    name: 'etc/os-release',
    data: `ID=${id}\nVERSION_ID=${version}\nNAME="${id}"\nPRETTY_NAME="${id} ${version}"\n${extra}`,
  };
}

function entryBlocks(entry: TarEntry): Buffer[] {
  const data = Buffer.from(entry.data ?? '');
  const { name, link = '' } = entry;
  const records = {
    ...entry.pax,
    ...(Buffer.byteLength(name) > NAME_MAX ? { path: name } : {}),
    ...(Buffer.byteLength(link) > NAME_MAX ? { linkpath: link } : {}),
  };
  const extended = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value)));
  const blocks =
    extended.length === 0 ? [] : [header({ name: 'PaxHeaders/x', type: 'x' }, extended.length), padded(extended)];
  return [...blocks, header(entry, data.length), padded(data)];
}

/** A record begins with its own length in decimal, which counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  const size = Buffer.byteLength(rest);
  let length = size + 1;
  while (String(length).length + size !== length) length = String(length).length + size;
  return Buffer.from(`${length}${rest}`);
}

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const text = (value: string, at: number, length: number) => Buffer.from(value).copy(block, at, 0, length);
  const octal = (value: number, at: number, digits: number) =>
    text(value.toString(8).padStart(digits, '0'), at, digits);
  text(entry.name, 0, NAME_MAX);
  octal(entry.mode ?? 0o644, 100, 7);
  octal(entry.uid ?? 0, 108, 7);
  octal(entry.gid ?? 0, 116, 7);
  octal(size, 124, 11);
  octal(entry.mtime ?? 1_700_000_000, 136, 11);
  block.fill(' ', 148, 156);
  text(entry.type ?? '0', 156, 1);
  text(entry.link ?? '', 157, NAME_MAX);
  text('ustar\u000000', 257, 8);
  text('root', 265, 32);
  text('root', 297, 32);
  octal(entry.device?.[0] ?? 0, 329, 7);
  octal(entry.device?.[1] ?? 0, 337, 7);
  const sum = block.reduce((total, byte) => total + byte, 0);
  text(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return block;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}
