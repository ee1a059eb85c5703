/** Something that is wrong with the configuration, and where. */
export interface ConfigProblem {
  /** The key, with the path below it when the value is nested. */
  readonly key?: string;
  /** Line in the file, from 1; absent when the value comes from the environment. */
  readonly line?: number;
  /** Where the value comes from: the name of the file or of an environment variable. */
  readonly source: string;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** Thrown with all problems at once; the message has one line for each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  ${formatProblem(problem)}`).join('\n')}`);
    this.problems = problems;
  }
}

/** `source:line: KEY: message`. */
export function formatProblem(problem: ConfigProblem): string {
  const place = problem.line === undefined ? problem.source : `${problem.source}:${problem.line}`;
  return problem.key === undefined ? `${place}: ${problem.message}` : `${place}: ${problem.key}: ${problem.message}`;
}
