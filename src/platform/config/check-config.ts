import type { ConfigFields } from './define-config.ts';
import { type ConfigSources, type InspectedConfig, inspectConfig } from './load-config.ts';
import { formatProblem } from './problem.ts';
import { recognizeClair } from './recognize-clair.ts';

export interface ConfigReport<F extends ConfigFields> {
  readonly config: InspectedConfig<F>;
  /** Problems, warnings and notes in the order to be printed. */
  readonly lines: readonly string[];
}

/** What a start with these sources would complain about. */
export function checkConfig<F extends ConfigFields>(sources: ConfigSources<F>): ConfigReport<F> {
  const config = inspectConfig(sources);
  const lines = [
    ...config.problems.map((problem) => `error: ${formatProblem(problem)}`),
    ...aboutClair(sources.file?.text ?? ''),
    ...config.warnings.map((warning) => `warning: ${warning}`),
    ...config.notes.map((note) => `note: ${note}`),
  ];
  return { config, lines };
}

function aboutClair(text: string): readonly string[] {
  const clair = recognizeClair(text);
  if (clair === undefined) return [];
  return [
    `note: ${clair.program} has no part in Gantry, whose scanner is to run inside it, without a file of its own. It is not built into this version`,
    ...clair.replacements.map((replacement) => `note: ${replacement}`),
  ];
}
