import { readFileSync, statSync } from 'node:fs';
import type { ConfigProblem } from './problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value that overrides the one in the file. */
export interface Override {
  readonly key: string;
  /** Name of the variable. */
  readonly source: string;
  /** Text to be read like the value in a file, or a value that is read already. */
  readonly text?: string;
  readonly value?: unknown;
}

/** Largest file that a value is read from, in bytes. */
const MAX_FILE_BYTES = 1024 * 1024;
const PREFIX = 'GANTRY_CONFIG_';
const FILE_SUFFIX = '_FILE';

/** Variables of Quay's container that stand for a setting when they are "true". */
const CONTAINER_SWITCHES = [
  { name: 'DEBUGLOG', key: 'LOGGING_LEVEL', value: 'DEBUG' },
  { name: 'JSONLOG', key: 'LOG_FORMAT', value: 'json' },
] as const;

/** The environment of this process. Nothing else reads it, so what can be configured is found in one place. */
export function processEnvironment(): Environment {
  return process.env;
}

/**
 * Finds the keys that the environment sets, later ones win: `DEBUGLOG` and `JSONLOG`, `QUAY_OVERRIDE_CONFIG` (a JSON object),
 * `QUAY_DISTRIBUTED_STORAGE_PREFERENCE`, `GANTRY_CONFIG_<KEY>`, and `GANTRY_CONFIG_<KEY>_FILE`, which names a file with the
 * value, as secrets are mounted.
 * @param isKey whether there is a setting of this name; it may end like those variables that name a file.
 */
export function readOverrides(
  environment: Environment,
  isKey: (name: string) => boolean,
  readFile: (path: string) => string = readValueFile,
): { readonly overrides: readonly Override[]; readonly problems: readonly ConfigProblem[] } {
  const overrides: Override[] = [];
  const problems: ConfigProblem[] = [];
  for (const { name, key, value } of CONTAINER_SWITCHES) {
    if (environment[name]?.toLowerCase() === 'true') overrides.push({ key, source: name, value });
  }
  readQuayOverride(environment, overrides, problems);
  const names = Object.keys(environment).filter((name) => name.startsWith(PREFIX) && name.length > PREFIX.length);
  for (const name of names.toSorted()) {
    const text = environment[name];
    if (text === undefined) continue;
    if (!name.endsWith(FILE_SUFFIX) || isKey(name.slice(PREFIX.length))) {
      overrides.push({ key: name.slice(PREFIX.length), source: name, text });
      continue;
    }
    const key = name.slice(PREFIX.length, -FILE_SUFFIX.length);
    try {
      overrides.push({ key, source: name, text: readFile(text).replace(/\r?\n$/, '') });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = `Cannot read the file with the value: ${reason}; name a file that this user may read`;
      problems.push({ key, source: name, message });
    }
  }
  return { overrides, problems };
}

function readValueFile(path: string): string {
  const status = statSync(path);
  if (!status.isFile()) throw new Error(`"${path}" is not a file`);
  if (status.size > MAX_FILE_BYTES) throw new Error(`"${path}" is larger than 1 MiB`);
  return readFileSync(path, 'utf8');
}

function readQuayOverride(environment: Environment, overrides: Override[], problems: ConfigProblem[]): void {
  const source = 'QUAY_OVERRIDE_CONFIG';
  const json = environment[source];
  if (json !== undefined && json !== '') {
    const parsed = parseObject(json);
    if (parsed === undefined)
      problems.push({ source, message: 'The value is not a JSON object; write {"KEY": value}' });
    else for (const [key, value] of Object.entries(parsed)) overrides.push({ key, source, value });
  }
  const preference = environment['QUAY_DISTRIBUTED_STORAGE_PREFERENCE'];
  if (preference !== undefined && preference !== '') {
    const value = preference.split(/[\s,]+/).filter((id) => id !== '');
    overrides.push({ key: 'DISTRIBUTED_STORAGE_PREFERENCE', source: 'QUAY_DISTRIBUTED_STORAGE_PREFERENCE', value });
  }
}

function parseObject(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
