import { join, resolve } from 'node:path';
import type { Environment } from './read-environment.ts';

/** What is said on the command line or in the environment rather than in the file. */
export interface LaunchOptions {
  readonly port: number;
  /** Of the listener that exists when there is a certificate. */
  readonly tlsPort: number;
  /** Of the listener for the PROXY protocol. */
  readonly proxyPort: number;
  /** Absolute. */
  readonly dataDirectory: string;
  /** Absolute. */
  readonly configFile: string;
  /** Whether a missing file is a mistake: it was named, and not only looked for in a directory. */
  readonly configFileNamed: boolean;
}

export interface LaunchFlags {
  readonly port?: string | undefined;
  readonly 'tls-port'?: string | undefined;
  readonly 'proxy-port'?: string | undefined;
  readonly data?: string | undefined;
  readonly config?: string | undefined;
}

/**
 * Flags win over `GANTRY_PORT`, `GANTRY_TLS_PORT`, `GANTRY_PROXY_PORT`, `GANTRY_DATA` and `GANTRY_CONFIG`; then Quay's ports
 * 8080, 8443 and 7443, `./data`, and `config.yaml` in it. A configuration that ends with `/` names a directory in which
 * `config.yaml` is looked for, and need not be.
 * @throws Error when a port is none.
 */
export function readLaunchOptions(flags: LaunchFlags, environment: Environment): LaunchOptions {
  const dataDirectory = resolve(flags.data ?? environment['GANTRY_DATA'] ?? 'data');
  const named = flags.config ?? environment['GANTRY_CONFIG'];
  const configFileNamed = named !== undefined && !named.endsWith('/');
  return {
    port: readPort(flags.port ?? environment['GANTRY_PORT'] ?? '8080'),
    tlsPort: readPort(flags['tls-port'] ?? environment['GANTRY_TLS_PORT'] ?? '8443'),
    proxyPort: readPort(flags['proxy-port'] ?? environment['GANTRY_PROXY_PORT'] ?? '7443'),
    dataDirectory,
    configFile: configFileNamed ? resolve(named) : join(resolve(named ?? dataDirectory), 'config.yaml'),
    configFileNamed,
  };
}

function readPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new Error(`"${text}" is not a port; give a number from 0 (any free one) to 65535`);
}
