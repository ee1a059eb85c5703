import type { ConfigFields } from './define-config.ts';
import type { ConfigProblem } from './problem.ts';
import { findQuayKey } from './quay-keys/find-quay-key.ts';
import type { Override } from './read-environment.ts';
import { readYamlValue, type YamlFile } from './read-yaml.ts';

/** A value that a key might get, and where it comes from. */
export interface Candidate {
  readonly key: string;
  /** The key as it is written, where that is in another case. */
  readonly written: string;
  readonly source: string;
  readonly value: unknown;
  /** Present when the value may also be taken literally. */
  readonly text?: string;
  readonly file?: YamlFile;
}

export interface Candidates {
  readonly byKey: ReadonlyMap<string, Candidate>;
  readonly problems: readonly ConfigProblem[];
  readonly notes: readonly ConfigProblem[];
}

/** For each key the value that wins: that of the environment over that of the file over the default. */
export function collectCandidates(fields: ConfigFields, file: YamlFile, overrides: readonly Override[]): Candidates {
  const byKey = new Map<string, Candidate>();
  const problems: ConfigProblem[] = [];
  const notes: ConfigProblem[] = [];
  for (const [key, field] of Object.entries(fields)) {
    if (field.default !== undefined) byKey.set(key, { key, written: key, source: 'default', value: field.default });
  }
  for (const [written, value] of Object.entries(file.values)) {
    // `KEY:` with nothing behind it leaves the default standing.
    if (value === null) continue;
    const key = nameInQuay(fields, written);
    const candidate = { key, written, source: file.name, value, file };
    const place = placeOf(candidate);
    if (key !== written && Object.hasOwn(file.values, key)) {
      problems.push({ ...place, message: `This is the same setting as ${key}, which is there too; keep one` });
      continue;
    }
    if (key !== written) notes.push({ ...place, message: `Taken for ${key}; Quay itself reads upper case only` });
    byKey.set(key, candidate);
  }
  for (const { key: written, source, text, value } of overrides) {
    const key = nameInQuay(fields, written);
    const candidate = { key, written, source };
    byKey.set(key, text === undefined ? { ...candidate, value } : { ...candidate, value: readYamlValue(text), text });
  }
  return { byKey, problems, notes };
}

/** Where the value stands, for a message about it or about a part of it. */
export function placeOf(
  { written, source, file }: Candidate,
  path: readonly PropertyKey[] = [],
): Omit<ConfigProblem, 'message'> {
  const line = file?.lineOf([written, ...path]);
  return { key: [written, ...path.map(String)].join('.'), source, ...(line === undefined ? {} : { line }) };
}

/** Some of Quay's manuals print names of keys in lower case; who copies them means the key. */
function nameInQuay(fields: ConfigFields, written: string): string {
  const upper = written.toUpperCase();
  if (written === upper || written !== written.toLowerCase()) return written;
  return Object.hasOwn(fields, upper) || findQuayKey(upper) !== undefined ? upper : written;
}
