import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { organizationSettings, userSettings } from '../identity/index.ts';
import {
  type ConfigSources,
  type LaunchFlags,
  type LaunchOptions,
  loadConfig,
  type LoadedConfig,
  processEnvironment,
  readLaunchOptions,
} from '../platform/config/index.ts';
import { standingRules } from '../identity/index.ts';
import { type PostgresConnection, postgresUriOf } from '../platform/db/index.ts';
import { oauthSettings } from '../identity/index.ts';
import { requestLimitSettings } from '../platform/limits/index.ts';
import { chooseRedis } from '../platform/redis/index.ts';
import { tlsParameters } from '../platform/tls/index.ts';
import { clientConfig, featuresOff } from './client-config.ts';
import { type AppConfig, configFields, configRules } from './config.ts';
import { dumpConfig } from './dump-config.ts';
import { keySettings } from './key-settings.ts';
import type { ListenerSettings } from './listeners.ts';
import { toMailSettings } from './mail-settings.ts';
import { recaptchaSettings } from './recaptcha-settings.ts';
import { toLogSettings, toMonitoringSettings } from './monitoring-settings.ts';
import type { AppSettings } from './settings.ts';

export interface LaunchSettings {
  readonly settings: AppSettings;
  readonly config: LoadedConfig<typeof configFields>;
}

/** Reads flags, environment and configuration file. Throws `ConfigError` with everything that is wrong at once. */
export function readSettings(
  flags: LaunchFlags & { readonly host?: string | undefined; readonly migrate?: boolean },
): LaunchSettings {
  const launch = launchOptions(flags);
  const config = loadConfig(configSources(launch));
  return { settings: { ...toSettings(launch, config, flags.host), migrate: flags.migrate ?? true }, config };
}

/** What flags and environment say about a start. Throws when the port is none. */
export function launchOptions(flags: LaunchFlags): LaunchOptions {
  return readLaunchOptions(flags, processEnvironment());
}

/** Where the configuration of a start with these options comes from. */
export function configSources(
  launch: Pick<LaunchOptions, 'configFile' | 'configFileNamed'>,
): ConfigSources<typeof configFields> {
  const text = readConfigFile(launch);
  return {
    fields: configFields,
    rules: configRules,
    environment: processEnvironment(),
    ...(text === undefined ? {} : { file: { name: launch.configFile, text } }),
  };
}

function readConfigFile({
  configFile,
  configFileNamed,
}: Pick<LaunchOptions, 'configFile' | 'configFileNamed'>): string | undefined {
  try {
    return readFileSync(configFile, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing && !configFileNamed) return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The configuration file "${configFile}" cannot be read: ${reason}`, { cause: error });
  }
}

/** Load balancers in front of several nodes ask every two seconds or so. */
const DRAIN_NOTICE_MS = 5000;

function postgresOf(config: AppConfig, directory: string): PostgresConnection | undefined {
  const uri = postgresUriOf(config.DB_URI?.reveal());
  if (uri === undefined) return undefined;
  return {
    uri,
    directory,
    args: config.DB_CONNECTION_ARGS,
    connections: config.DB_POOL_SIZE,
    connectMs: config.DB_CONNECT_TIMEOUT,
    statementMs: config.DB_STATEMENT_TIMEOUT,
    idleMs: config.DB_IDLE_TIMEOUT,
  };
}

function toSettings(
  launch: LaunchOptions,
  loaded: LoadedConfig<typeof configFields>,
  host: string | undefined,
): Omit<AppSettings, 'migrate'> {
  const config = loaded.values;
  const uri = config.DB_URI?.reveal();
  const [engine] = Object.values(config.DISTRIBUTED_STORAGE_CONFIG ?? {});
  const libraryNamespace = config.FEATURE_LIBRARY_SUPPORT ? config.LIBRARY_NAMESPACE : undefined;
  return {
    listeners: toListenerSettings(launch, config, host),
    dataDirectory: launch.dataDirectory,
    postgres: postgresOf(config, dirname(launch.configFile)),
    sqliteFile:
      uri?.startsWith('sqlite:///') === true
        ? resolve(launch.dataDirectory, uri.slice('sqlite:///'.length))
        : undefined,
    storagePath:
      engine === undefined ? join(launch.dataDirectory, 'blobs') : resolve(launch.dataDirectory, engine.storagePath),
    secretKey: config.DATABASE_SECRET_KEY?.reveal(),
    pageTokenKey: config.PAGE_TOKEN_KEY?.reveal(),
    log: toLogSettings(config, launch.dataDirectory),
    monitoring: toMonitoringSettings(config),
    drainNoticeMs: config.DRAIN_NOTICE ?? (postgresUriOf(uri) === undefined ? 0 : DRAIN_NOTICE_MS),
    strictPullLogging: !config.ALLOW_PULLS_WITHOUT_STRICT_LOGGING,
    limits: requestLimitSettings(config),
    redis: chooseRedis(config),
    mail: toMailSettings(config),
    allowedHosts: config.SSRF_ALLOWED_HOSTS,
    recaptcha: recaptchaSettings(config),
    identity: {
      serverHostname: config.SERVER_HOSTNAME ?? `localhost:${launch.port}`,
      standing: standingRules(config),
      userInitialize: config.FEATURE_USER_INITIALIZE,
      libraryNamespace,
      serviceKeyService: config.INSTANCE_SERVICE_KEY_SERVICE,
      serviceKeyExpirationMinutes: config.INSTANCE_SERVICE_KEY_EXPIRATION,
      serviceKeyRefreshMinutes: config.INSTANCE_SERVICE_KEY_REFRESH,
      ...keySettings(config, launch),
      sessionTimeoutMs: config.SESSION_TIMEOUT,
      robots: {
        disallowed: config.ROBOTS_DISALLOW,
        exceptions: config.ROBOTS_WHITELIST,
        allowHttp: config.ROBOT_FEDERATION_ALLOW_HTTP,
      },
      oauth: oauthSettings(config),
      users: userSettings(config),
      tagExpiration: organizationSettings(config).tagExpiration,
    },
    catalog: {
      standing: standingRules(config),
      anonymousAccess: config.FEATURE_ANONYMOUS_ACCESS,
      createPrivateOnPush: config.CREATE_PRIVATE_REPO_ON_PUSH,
      createNamespaceOnPush: config.CREATE_NAMESPACE_ON_PUSH,
      extendedNames: config.FEATURE_EXTENDED_REPOSITORY_NAMES,
      publicCatalog: config.FEATURE_PUBLIC_CATALOG,
    },
    registry: {
      libraryNamespace,
      maximumLayerSizeBytes: config.MAXIMUM_LAYER_SIZE,
      paginationSize: config.V2_PAGINATION_SIZE,
      uploadLifetimeMs: config.BLOBUPLOAD_DELETION_DATE_THRESHOLD * 60_000,
      pushLeaseMs: config.PUSH_TEMP_TAG_EXPIRATION_SEC * 1000,
      readOnly: config.REGISTRY_STATE === 'readonly',
    },
    webApi: {
      title: config.REGISTRY_TITLE,
      featuresOff: featuresOff(config),
      client: clientConfig(loaded),
      organizations: organizationSettings(config),
      dumpConfig: () => dumpConfig(loaded),
      accounts: {
        avatarKind: config.AVATAR_KIND,
        recordsSignIns: config.ACTION_LOG_AUDIT_LOGINS,
        recordsFailedSignIns: config.ACTION_LOG_AUDIT_LOGIN_FAILURES,
      },
      rules: {
        readOnly: config.REGISTRY_STATE === 'readonly',
        anonymousAccess: config.FEATURE_ANONYMOUS_ACCESS,
        scriptsOnly: config.BROWSER_API_CALLS_XHR_ONLY,
        allowedOrigins: config.CORS_ORIGIN,
        freshLoginMs: config.FRESH_LOGIN_TIMEOUT,
      },
      cookie: {
        name: config.SESSION_COOKIE_NAME,
        secure: config.SESSION_COOKIE_SECURE,
        maxAgeSeconds: config.FEATURE_PERMANENT_SESSIONS ? Math.floor(config.SESSION_TIMEOUT / 1000) : undefined,
      },
    },
  };
}

function toListenerSettings(launch: LaunchOptions, config: AppConfig, host: string | undefined): ListenerSettings {
  const { SERVER_HOSTNAME: main, SERVER_HOSTNAMES: others } = config;
  return {
    host,
    ipVersion: config.FEATURE_LISTEN_IP_VERSION,
    port: launch.port,
    tlsPort: launch.tlsPort,
    proxyPort: launch.proxyPort,
    proxyProtocol: config.FEATURE_PROXY_PROTOCOL,
    externalTls: config.EXTERNAL_TLS_TERMINATION,
    preferHttps: config.PREFERRED_URL_SCHEME === 'https',
    publicHosts: main === undefined ? [] : [main, ...others],
    trustedProxies: config.TRUSTED_PROXY_CIDR,
    proxyCount: config.PROXY_COUNT,
    configDirectory: dirname(launch.configFile),
    tls: tlsParameters(config),
  };
}
