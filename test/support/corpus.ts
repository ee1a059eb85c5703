import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { available, hasProgram } from './components.ts';

const RECIPE = join(import.meta.dirname, '../e2e/corpus');
const CACHE = join(import.meta.dirname, '../../.cache');

/** What a test's time limit needs for making the corpus. */
export const CORPUS_TIMEOUT_MS = 10 * 60_000;

/** One reference of the corpus. */
export interface CorpusEntry {
  readonly name: string;
  /** `oci` layout, or `dir` as skopeo writes it. */
  readonly kind: 'oci' | 'dir';
  /** The tag inside the layout; '' when it has none. */
  readonly reference: string;
  /** Digest of the top manifest. */
  readonly digest: string;
  readonly mediaType: string;
}

export interface Corpus {
  readonly directory: string;
  readonly entries: readonly CorpusEntry[];
}

/** Whether {@link corpus} can give one here: on Debian, as root, with skopeo, or where `GANTRY_CORPUS` names one. */
export function hasCorpus(): boolean {
  const possible = process.getuid?.() === 0 && existsSync('/etc/debian_version') && hasProgram('skopeo');
  return available('corpus', possible || process.env['GANTRY_CORPUS'] !== undefined);
}

/**
 * The corpus of images and artifacts, made on first use and kept in `.cache` until its recipe changes. `GANTRY_CORPUS` names
 * one made elsewhere.
 */
export async function corpus(): Promise<Corpus> {
  const given = process.env['GANTRY_CORPUS'];
  const directory = given ?? join(CACHE, 'corpus');
  if (given === undefined && !isFresh(directory)) await make(directory);
  return { directory, entries: readIndex(directory) };
}

async function make(directory: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  console.log(`Making the image corpus in ${directory} (some minutes, once) …`);
  const unlessFresh = 'grep -qsx "$2" "$1/STAMP" || { bash "$3" "$1" && echo "$2" > "$1/STAMP"; }';
  const lock = join(CACHE, 'corpus.lock');
  const command = ['bash', '-c', unlessFresh, 'make', directory, stamp(), join(RECIPE, 'make-corpus.sh')];
  const env = { ...process.env, WORK_DIR: join(CACHE, 'corpus-work'), NODE: process.execPath };
  await promisify(execFile)('flock', [lock, ...command], { env, maxBuffer: 1 << 26 });
}

function isFresh(directory: string): boolean {
  const file = join(directory, 'STAMP');
  return existsSync(file) && readFileSync(file, 'utf8').trim() === stamp();
}

/** Changes with the recipe. */
function stamp(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(RECIPE).toSorted()) hash.update(readFileSync(join(RECIPE, name)));
  return hash.digest('hex');
}

function readIndex(directory: string): CorpusEntry[] {
  const lines = readFileSync(join(directory, 'INDEX.tsv'), 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [name = '', kind = '', source = '', digest = '', , mediaType = ''] = line.split('\t');
    const reference = kind === 'oci' ? (/^oci:[^:]+(?::(.+))?$/.exec(source)?.[1] ?? '') : '';
    return { name, kind: kind === 'dir' ? 'dir' : 'oci', reference, digest, mediaType };
  });
}
