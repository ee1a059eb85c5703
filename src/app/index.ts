export { createAccount } from './create-account.ts';
export { openCore, type Core } from './open-core.ts';
export { makeDataDirectory } from './make-data-directory.ts';
export { openDatabase } from './open-database.ts';
export { serve, type RunningServer } from './serve.ts';
export type { AppSettings } from './settings.ts';
export { configSources, launchOptions, readSettings, type LaunchSettings } from './read-settings.ts';
