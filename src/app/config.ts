import { catalogConfig } from '../catalog/index.ts';
import { identityConfig, identityRules } from '../identity/index.ts';
import { type ConfigRule, type ConfigValues, defineConfig } from '../platform/config/index.ts';
import { cryptoConfig } from '../platform/crypto/index.ts';
import { databaseConfig } from '../platform/db/index.ts';
import { httpConfig } from '../platform/http/index.ts';
import { logConfig } from '../platform/log/index.ts';
import { netConfig } from '../platform/net/index.ts';
import { registryConfig } from '../registry/index.ts';
import { storageConfig, storageRules } from '../storage/index.ts';

/** Every key of the configuration file. */
export const configFields = defineConfig({
  ...httpConfig,
  ...logConfig,
  ...databaseConfig,
  ...cryptoConfig,
  ...netConfig,
  ...storageConfig,
  ...identityConfig,
  ...catalogConfig,
  ...registryConfig,
});

export type AppConfig = ConfigValues<typeof configFields>;

export const configRules: readonly ConfigRule<typeof configFields>[] = [...storageRules, ...identityRules];
