import { accessSync, constants } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { checkConfig, type LaunchFlags, type LoadedConfig } from '../platform/config/index.ts';
import type { Logger } from '../platform/log/index.ts';
import type { ConfigStanding, ServerControl } from '../web-api/index.ts';
import { checkServices } from './checks/check-services.ts';
import type { configFields } from './config.ts';
import { configSources, launchOptions, readSettings } from './read-settings.ts';

/** Without these no server starts; what else the configuration names may be away for a while. */
const NEEDED = new Set(['database', 'storage', 'certificate']);

/** What the command that serves has to know of it. */
export interface ProcessControl extends ServerControl {
  /** Resolves when this run is to end for another one. */
  readonly restartRequested: Promise<'restart'>;
}

export interface ProcessControlOptions {
  /** As the command was called. */
  readonly flags: LaunchFlags & { readonly host?: string | undefined; readonly migrate?: boolean };
  /** What the server runs with. */
  readonly config: Pick<LoadedConfig<typeof configFields>, 'settings'>;
  readonly log: Logger;
}

export function createProcessControl({ flags, config, log }: ProcessControlOptions): ProcessControl {
  const startedAt = Date.now();
  const { promise, resolve } = Promise.withResolvers<'restart'>();

  let inspecting: Promise<ConfigStanding> | undefined;

  /** Who asks while another one waits for the answer gets the same. */
  function inspect(): Promise<ConfigStanding> {
    inspecting ??= inspectNow().finally(() => {
      inspecting = undefined;
    });
    return inspecting;
  }

  async function inspectNow(): Promise<ConfigStanding> {
    try {
      const report = checkConfig(configSources(launchOptions(flags)));
      const changedKeys = differences(config.settings, report.config.settings);
      const warnings = report.config.warnings;
      if (report.config.problems.length > 0) {
        return { startedAt, changedKeys, problems: errorsOf(report.lines), warnings };
      }
      const problems = [...lacks(), ...(await failures(report.config))];
      return { startedAt, changedKeys, problems, warnings };
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      return { startedAt, changedKeys: [], problems: [problem], warnings: [] };
    }
  }

  async function failures(read: Pick<LoadedConfig<typeof configFields>, 'settings'>): Promise<readonly string[]> {
    const found: string[] = [];
    const { settings } = readSettings(flags);
    for await (const { service, outcome, message } of checkServices({ settings, config: read, log }, NEEDED)) {
      if (outcome === 'failed') found.push(`${service}: ${message}`);
    }
    return found;
  }

  return { inspect, restart: () => resolve('restart'), restartRequested: promise };
}

/**
 * Replaces this process by a new run of the same command, with the same process id: for whoever looks after it, it never ended.
 * Comes after everything has been closed; standard input, output and error stay open.
 */
export function becomeNewRun(): never {
  const { execPath, execArgv, argv } = process;
  if (process.execve === undefined) throw new Error('A process cannot be replaced here; start the server by hand');
  return process.execve(execPath, [execPath, ...execArgv, ...argv.slice(1)]);
}

/** What an update or a clean-up has taken away while the server ran. */
function lacks(): readonly string[] {
  const [, script = ''] = process.argv;
  const needed = [
    [process.execPath, constants.X_OK],
    [script, constants.R_OK],
  ] as const;
  return needed.flatMap(([path, mode]) => {
    try {
      accessSync(path, mode);
      return [];
    } catch {
      return [`"${path}" is not there any more; start the server by hand`];
    }
  });
}

type Settings = LoadedConfig<typeof configFields>['settings'];

function differences(before: Settings, after: Settings): readonly string[] {
  const written = (settings: Settings) => new Map(settings.map(({ key, written: value }) => [key, value]));
  const [old, now] = [written(before), written(after)];
  const keys = new Set([...old.keys(), ...now.keys()]);
  return [...keys].filter((key) => !isDeepStrictEqual(old.get(key), now.get(key))).toSorted();
}

function errorsOf(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.startsWith('error: ')).map((line) => line.slice('error: '.length));
}
