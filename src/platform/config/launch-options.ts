import { join, resolve } from 'node:path';
import type { Environment } from './read-environment.ts';

/** What is said on the command line or in the environment rather than in the file. */
export interface LaunchOptions {
  readonly port: number;
  /** Absolute. */
  readonly dataDirectory: string;
  /** Absolute. */
  readonly configFile: string;
  /** Whether a missing file is a mistake: it was named, and not only looked for in the data directory. */
  readonly configFileNamed: boolean;
}

export interface LaunchFlags {
  readonly port?: string | undefined;
  readonly data?: string | undefined;
  readonly config?: string | undefined;
}

/**
 * Flags win over `GANTRY_PORT`, `GANTRY_DATA` and `GANTRY_CONFIG`; then port 8080, `./data`, and `config.yaml` in it.
 * @throws Error when the port is none.
 */
export function readLaunchOptions(flags: LaunchFlags, environment: Environment): LaunchOptions {
  const port = flags.port ?? environment['GANTRY_PORT'] ?? '8080';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new Error(`"${port}" is not a port; give a number from 0 (any free one) to 65535`);
  }
  const dataDirectory = resolve(flags.data ?? environment['GANTRY_DATA'] ?? 'data');
  const named = flags.config ?? environment['GANTRY_CONFIG'];
  return {
    port: Number(port),
    dataDirectory,
    configFile: named === undefined ? join(dataDirectory, 'config.yaml') : resolve(named),
    configFileNamed: named !== undefined,
  };
}
