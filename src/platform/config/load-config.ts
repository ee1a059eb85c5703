import type { z } from 'zod';
import type { ConfigField, ConfigFields, ConfigRule, ConfigValues } from './define-config.ts';
import { nearestName } from './nearest-name.ts';
import { ConfigError, type ConfigProblem, formatProblem } from './problem.ts';
import { CURRENT_QUAY_KEYS, OBSOLETE_QUAY_KEYS } from './quay-keys.ts';
import { type Environment, type Override, readOverrides } from './read-environment.ts';
import { readYaml, readYamlValue, type YamlFile } from './read-yaml.ts';
import { Secret } from './secret.ts';
import { isLoginConfig, selectsUnbuiltFeature } from './unbuilt-keys.ts';

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

export interface Setting {
  readonly key: string;
  readonly written: unknown;
  /** File name, environment variable or `default`. */
  readonly source: string;
}

interface Candidate {
  readonly key: string;
  readonly source: string;
  readonly value: unknown;
  /** Present when the value may also be taken literally. */
  readonly text?: string;
  readonly file?: YamlFile;
}

/**
 * Puts the configuration together: defaults, then the file, then the environment.
 * @throws ConfigError with every problem at once.
 */
export function loadConfig<F extends ConfigFields>(sources: ConfigSources<F>): LoadedConfig<F> {
  const { problems, ...config } = assembleConfig(sources);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** Like {@link loadConfig}, but the problems are part of the result; the values are only usable when there are none. */
export function assembleConfig<F extends ConfigFields>(
  sources: ConfigSources<F>,
): LoadedConfig<F> & { readonly problems: readonly ConfigProblem[] } {
  const file = readYaml(sources.file?.text ?? '', sources.file?.name ?? 'no file');
  const { overrides, problems: unreadable } = readOverrides(sources.environment ?? {}, sources.readFile);
  const candidates = collect(sources.fields, file, overrides);
  const problems = [...file.problems, ...unreadable];
  const values: Record<string, unknown> = {};
  const strangers: Candidate[] = [];
  for (const candidate of candidates.values()) {
    const field = Object.hasOwn(sources.fields, candidate.key) ? sources.fields[candidate.key] : undefined;
    if (field === undefined) strangers.push(candidate);
    else values[candidate.key] = readField(field, candidate, problems);
  }
  const { warnings, notes } = sortStrangers(strangers, Object.keys(sources.fields), problems);
  const typed = values as ConfigValues<F>;
  if (problems.length === 0) checkRules(sources.rules ?? [], typed, candidates, problems);
  const settings = [...candidates.values()].map(({ key, value, source }) => ({ key, written: value, source }));
  return { values: freeze(typed), settings, warnings, notes, problems };
}

function collect(fields: ConfigFields, file: YamlFile, overrides: readonly Override[]): Map<string, Candidate> {
  const candidates = new Map<string, Candidate>();
  for (const [key, field] of Object.entries(fields)) {
    if (field.default !== undefined) candidates.set(key, { key, source: 'default', value: field.default });
  }
  for (const [key, value] of Object.entries(file.values)) {
    // `KEY:` with nothing behind it leaves the default standing.
    if (value !== null) candidates.set(key, { key, source: file.name, value, file });
  }
  for (const { key, source, text, value } of overrides) {
    candidates.set(
      key,
      text === undefined ? { key, source, value } : { key, source, value: readYamlValue(text), text },
    );
  }
  return candidates;
}

function readField(field: ConfigField, candidate: Candidate, problems: ConfigProblem[]): unknown {
  const result = field.schema.safeParse(candidate.value);
  // A password like `12345` or `yes` is a text although YAML reads it as something else.
  const literal = candidate.text === undefined ? undefined : field.schema.safeParse(candidate.text);
  const isText = literal?.success === true && (literal.data instanceof Secret || !result.success);
  if (isText) return literal.data;
  if (result.success) return result.data;
  for (const issue of result.error.issues) problems.push(problemOf(candidate, issue));
  return undefined;
}

function problemOf(candidate: Candidate, issue: z.core.$ZodIssue): ConfigProblem {
  const line = candidate.file?.lineOf([candidate.key, ...issue.path]);
  const key = [candidate.key, ...issue.path.map(String)].join('.');
  return { key, source: candidate.source, ...(line === undefined ? {} : { line }), message: issue.message };
}

function sortStrangers(strangers: readonly Candidate[], own: readonly string[], problems: ConfigProblem[]) {
  const warnings: string[] = [];
  const notes: string[] = [];
  const unbuilt: string[] = [];
  const known = [...own, ...CURRENT_QUAY_KEYS];
  for (const candidate of strangers) {
    const { key, source } = candidate;
    const line = candidate.file?.lineOf([key]);
    const problem = { key, source, ...(line === undefined ? {} : { line }) };
    if (selectsUnbuiltFeature(key, candidate.value)) {
      const message =
        'This version cannot do what the setting asks for, and must not run without it; remove it or stay with Quay';
      problems.push({ ...problem, message });
    } else if (OBSOLETE_QUAY_KEYS.has(key)) {
      notes.push(formatProblem({ ...problem, message: 'The setting is obsolete and has no effect' }));
    } else if (CURRENT_QUAY_KEYS.has(key) || isLoginConfig(key)) {
      unbuilt.push(key);
    } else {
      const near = nearestName(key, known);
      const hint = near === undefined ? 'remove it' : `did you mean "${near}"?`;
      warnings.push(formatProblem({ ...problem, message: `There is no such setting; ${hint}` }));
    }
  }
  if (unbuilt.length > 0)
    warnings.push(`These settings of Quay have no effect in this version: ${unbuilt.toSorted().join(', ')}`);
  return { warnings, notes };
}

function checkRules<F extends ConfigFields>(
  rules: readonly ConfigRule<F>[],
  values: ConfigValues<F>,
  candidates: ReadonlyMap<string, Candidate>,
  problems: ConfigProblem[],
): void {
  for (const { key, check } of rules) {
    const message = check(values);
    if (message === undefined) continue;
    const candidate = candidates.get(key);
    const line = candidate?.file?.lineOf([key]);
    problems.push({ key, source: candidate?.source ?? 'default', ...(line === undefined ? {} : { line }), message });
  }
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}
