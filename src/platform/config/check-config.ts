import type { ConfigFields } from './define-config.ts';
import { assembleConfig, type ConfigSources } from './load-config.ts';
import { type ConfigProblem, formatProblem } from './problem.ts';

export interface ConfigReport {
  /** What stops a start. */
  readonly problems: readonly ConfigProblem[];
  /** Problems, warnings and notes in the order to be printed. */
  readonly lines: readonly string[];
}

/** What a start with these sources would complain about. */
export function checkConfig<F extends ConfigFields>(sources: ConfigSources<F>): ConfigReport {
  const { problems, warnings, notes } = assembleConfig(sources);
  const lines = [
    ...problems.map((problem) => `error: ${formatProblem(problem)}`),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...notes.map((note) => `note: ${note}`),
  ];
  return { problems, lines };
}
