export { checkConfig, type ConfigReport } from './check-config.ts';
export {
  type ConfigField,
  type ConfigFields,
  type ConfigPieces,
  type ConfigRule,
  type ConfigValues,
  defineConfig,
  joinPieces,
} from './define-config.ts';
export { loadingConfig } from './config.ts';
export { describeKey, describeKeys, type KeyDescription, keyTopics } from './describe-key.ts';
export { type LaunchFlags, type LaunchOptions, readLaunchOptions } from './launch-options.ts';
export {
  type ConfigSources,
  inspectConfig,
  type InspectedConfig,
  loadConfig,
  type LoadedConfig,
  type Setting,
} from './load-config.ts';
export { nearestNames } from './nearest-name.ts';
export { printConfig } from './print-config.ts';
export { ConfigError, type ConfigProblem } from './problem.ts';
export { formatDuration, formatSize, parseDuration, parseSize } from './quantities.ts';
export { type Environment, processEnvironment } from './read-environment.ts';
export { anyCase, durationMs, oneOrMany, secret, sizeBytes } from './schemas.ts';
export { Secret } from './secret.ts';
export { showValue } from './show-value.ts';
