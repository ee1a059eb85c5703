export { type BootstrapSettings, type BootstrapTokens, createBootstrapTokens } from './bootstrap-tokens.ts';
export { bootstrapConfig, bootstrapRules } from './config.ts';
