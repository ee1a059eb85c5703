/** One `gantry` command. */
export interface Command {
  /** As typed, e.g. `user create`. */
  readonly name: string;
  /** What follows the name, for the usage line. */
  readonly synopsis: string;
  readonly summary: string;
  /** Resolves with the exit status. Throws {@link UsageError} for a wrong command line. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

/** The command line is wrong; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
