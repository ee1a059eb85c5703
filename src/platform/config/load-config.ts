import { type Candidate, collectCandidates, placeOf } from './collect-candidates.ts';
import type { ConfigFields, ConfigRule, ConfigValues } from './define-config.ts';
import { judgeStrangers } from './judge-strangers.ts';
import { ConfigError, type ConfigProblem, formatProblem } from './problem.ts';
import { type Environment, readOverrides } from './read-environment.ts';
import { readValue } from './read-value.ts';
import { readYaml } from './read-yaml.ts';
import { recognizeClair } from './recognize-clair.ts';

export interface ConfigSources<F extends ConfigFields> {
  readonly fields: F;
  readonly rules?: readonly ConfigRule<F>[];
  /** Absent: defaults and environment only. */
  readonly file?: { readonly name: string; readonly text: string };
  readonly environment?: Environment;
  /** Reads the files that `GANTRY_CONFIG_<KEY>_FILE` names. */
  readonly readFile?: (path: string) => string;
}

export interface LoadedConfig<F extends ConfigFields> {
  /** Frozen in depth. */
  readonly values: ConfigValues<F>;
  /** Each key that is set, as it was written, and by what; for printing. */
  readonly settings: readonly Setting[];
  /** For the log at `warn`: one line each. */
  readonly warnings: readonly string[];
  /** For the log at `info`: one line each. */
  readonly notes: readonly string[];
}

/** What {@link inspectConfig} finds; the values can be used when there are no problems. */
export type InspectedConfig<F extends ConfigFields> = LoadedConfig<F> & { readonly problems: readonly ConfigProblem[] };

export interface Setting {
  readonly key: string;
  readonly written: unknown;
  /** File name, environment variable or `default`. */
  readonly source: string;
  /** Line in the file, from 1. */
  readonly line?: number;
}

/**
 * Puts the configuration together: defaults, then the file, then the environment.
 * @throws ConfigError with every problem at once.
 */
export function loadConfig<F extends ConfigFields>(sources: ConfigSources<F>): LoadedConfig<F> {
  const { problems, ...config } = inspectConfig(sources);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** Like {@link loadConfig}, but the problems are part of the result. */
export function inspectConfig<F extends ConfigFields>(sources: ConfigSources<F>): InspectedConfig<F> {
  const clair = recognizeClair(sources.file?.text ?? '');
  // None of its lines means anything here, so none is complained about.
  const text = clair === undefined ? (sources.file?.text ?? '') : '';
  const file = readYaml(text, sources.file?.name ?? 'no file');
  const { overrides, problems: unreadable } = readOverrides(
    sources.environment ?? {},
    (key) => Object.hasOwn(sources.fields, key),
    sources.readFile,
  );
  const candidates = collectCandidates(sources.fields, file, overrides);
  const problems = [...file.problems, ...unreadable, ...candidates.problems];
  if (clair !== undefined) {
    const message = `This is the configuration of ${clair.program}, not of the registry; "gantry config check" on it says what takes its place`;
    problems.push({ source: file.name, message });
  }
  const values: Record<string, unknown> = {};
  const strangers: Candidate[] = [];
  for (const candidate of candidates.byKey.values()) {
    const field = Object.hasOwn(sources.fields, candidate.key) ? sources.fields[candidate.key] : undefined;
    if (field === undefined) strangers.push(candidate);
    else {
      const read = readValue(field.schema, candidate);
      values[candidate.key] = read.value;
      problems.push(...read.problems);
    }
  }
  const judgement = judgeStrangers(strangers, Object.keys(sources.fields), startWithout(values));
  problems.push(...judgement.problems);
  const typed = values as ConfigValues<F>;
  if (problems.length === 0) problems.push(...brokenRules(sources.rules ?? [], typed, candidates.byKey));
  return {
    values: freeze(typed),
    settings: [...candidates.byKey.values()].map(settingOf),
    warnings: judgement.warnings,
    notes: [...candidates.notes.map(formatProblem), ...judgement.notes],
    problems,
  };
}

function settingOf(candidate: Candidate): Setting {
  const { line } = placeOf(candidate);
  const { key, value: written, source } = candidate;
  return { key, written, source, ...(line === undefined ? {} : { line }) };
}

function startWithout(values: Readonly<Record<string, unknown>>): readonly string[] {
  const names = values['START_WITHOUT'];
  return Array.isArray(names) ? names.map(String) : [];
}

function brokenRules<F extends ConfigFields>(
  rules: readonly ConfigRule<F>[],
  values: ConfigValues<F>,
  candidates: ReadonlyMap<string, Candidate>,
): readonly ConfigProblem[] {
  return rules.flatMap(({ key, check }) => {
    const message = check(values);
    if (message === undefined) return [];
    const candidate = candidates.get(key);
    return [{ ...(candidate === undefined ? { key, source: 'default' } : placeOf(candidate)), message }];
  });
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}
