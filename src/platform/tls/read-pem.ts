import { open } from 'node:fs/promises';

/** Certificates and keys are a few KiB; whatever is larger than this is something else. */
const MAX_FILE_BYTES = 1024 * 1024;

/** One armoured part of a file, e.g. with the label `CERTIFICATE`. */
export interface PemBlock {
  readonly label: string;
  /** With its first and last line. */
  readonly text: string;
}

/** The armoured parts of a text in order (RFC 7468). What stands between them, and a part without an end, is passed over. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at + BEGIN.length)) {
    const label = /^[A-Z0-9 ]{1,40}(?=-----)/.exec(text.slice(at + BEGIN.length, at + BEGIN.length + 60))?.[0];
    if (label === undefined) continue;
    const last = `-----END ${label}-----`;
    const end = text.indexOf(last, at);
    // Without this end there is none for what follows with the same label; looking on would read the rest again and again.
    if (end < 0) break;
    blocks.push({ label, text: `${text.slice(at, end)}${last}\n` });
    at = end;
  }
  return blocks;
}

const BEGIN = '-----BEGIN ';

/** Reads a file of at most 1 MiB; undefined when it is not there. @throws Error naming the file and the reason. */
export async function readSmallFile(path: string): Promise<Buffer | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(`"${path}" cannot be read (${error.code ?? error.message}); check its owner and mode`, {
      cause: error,
    });
  });
  if (file === undefined) return undefined;
  try {
    const about = await file.stat();
    if (!about.isFile()) {
      const hint = 'a container engine makes a directory where the source of a mount is missing';
      throw new Error(`"${path}" is not a file; put the file there (${hint})`);
    }
    if (about.size > MAX_FILE_BYTES) {
      throw new Error(`"${path}" has ${about.size} bytes, more than any certificate or key; is it the right file?`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}
