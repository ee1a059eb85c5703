import { auditConfig } from '../audit/index.ts';
import { catalogConfig } from '../catalog/index.ts';
import { identityConfig, identityRules } from '../identity/index.ts';
import { type ConfigRule, type ConfigValues, joinPieces, loadingConfig } from '../platform/config/index.ts';
import { cryptoConfig } from '../platform/crypto/index.ts';
import { databaseConfig, databaseRules } from '../platform/db/index.ts';
import { httpConfig, httpRules } from '../platform/http/index.ts';
import { limitsConfig } from '../platform/limits/index.ts';
import { logConfig } from '../platform/log/index.ts';
import { mailConfig, mailRules } from '../platform/mail/index.ts';
import { netConfig } from '../platform/net/index.ts';
import { redisConfig, redisRules } from '../platform/redis/index.ts';
import { tlsConfig } from '../platform/tls/index.ts';
import { registryConfig } from '../registry/index.ts';
import { storageConfig, storageRules } from '../storage/index.ts';
import { mailHostRule } from './mail-host-rule.ts';
import { monitoringConfig, monitoringRules } from './monitoring-config.ts';
import { webApiConfig, webApiRules } from '../web-api/index.ts';

/** The keys of each slice. */
export const configPieces = {
  'platform/config': loadingConfig,
  'platform/http': httpConfig,
  'platform/tls': tlsConfig,
  'platform/log': logConfig,
  'platform/db': databaseConfig,
  'platform/crypto': cryptoConfig,
  'platform/mail': mailConfig,
  'platform/net': netConfig,
  'platform/limits': limitsConfig,
  'platform/redis': redisConfig,
  storage: storageConfig,
  audit: auditConfig,
  identity: identityConfig,
  catalog: catalogConfig,
  registry: registryConfig,
  app: monitoringConfig,
  'web-api': webApiConfig,
};

/** Every key of the configuration file that has an effect. */
export const configFields = joinPieces(configPieces);

export type AppConfig = ConfigValues<typeof configFields>;

export const configRules: readonly ConfigRule<typeof configFields>[] = [
  ...httpRules,
  ...databaseRules,
  ...storageRules,
  ...identityRules,
  ...monitoringRules,
  ...redisRules,
  ...mailRules,
  mailHostRule,
  ...webApiRules,
];
