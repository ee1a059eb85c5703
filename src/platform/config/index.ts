export { checkConfig, type ConfigReport } from './check-config.ts';
export {
  type ConfigField,
  type ConfigFields,
  type ConfigRule,
  type ConfigValues,
  defineConfig,
} from './define-config.ts';
export { type LaunchFlags, type LaunchOptions, readLaunchOptions } from './launch-options.ts';
export { type ConfigSources, loadConfig, type LoadedConfig, type Setting } from './load-config.ts';
export { printConfig } from './print-config.ts';
export { ConfigError, type ConfigProblem } from './problem.ts';
export { formatDuration, formatSize, parseDuration, parseSize } from './quantities.ts';
export { type Environment, processEnvironment } from './read-environment.ts';
export { durationMs, oneOrMany, secret, sizeBytes } from './schemas.ts';
export { Secret } from './secret.ts';
