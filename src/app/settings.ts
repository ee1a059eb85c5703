import type { CatalogPolicy } from '../catalog/index.ts';
import type { IdentitySettings } from '../identity/index.ts';
import type { PostgresConnection } from '../platform/db/index.ts';
import type { RequestLimitSettings } from '../platform/limits/index.ts';
import type { LogSettings } from '../platform/log/index.ts';
import type { MailSettings } from '../platform/mail/index.ts';
import type { RedisSettings } from '../platform/redis/index.ts';
import type { RegistrySettings } from '../registry/index.ts';
import type { RecaptchaSettings, WebApiSettings } from '../web-api/index.ts';
import type { ListenerSettings } from './listeners.ts';
import type { MonitoringSettings } from './monitoring-settings.ts';

/** Everything that the composition needs to know, already read and checked. */
export interface AppSettings {
  readonly listeners: ListenerSettings;
  /** Absolute path; holds the database file, the secret key and, by default, the blobs. */
  readonly dataDirectory: string;
  /** How PostgreSQL is reached; undefined: the embedded database. */
  readonly postgres: PostgresConnection | undefined;
  /** Absolute path of the embedded database; undefined: in the data directory. */
  readonly sqliteFile: string | undefined;
  /** Absolute path of the local storage. */
  readonly storagePath: string;
  /** DATABASE_SECRET_KEY; undefined: generated and kept in the data directory. */
  readonly secretKey: string | undefined;
  /** PAGE_TOKEN_KEY; undefined: derived from the secret key. */
  readonly pageTokenKey: string | undefined;
  /** False: a database without the newest schema is refused instead of brought up. */
  readonly migrate: boolean;
  readonly log: LogSettings;
  readonly monitoring: MonitoringSettings;
  /** How long a server that was told to stop still takes requests while it reports itself unhealthy, in ms. */
  readonly drainNoticeMs: number;
  /** Whether pulls wait until their audit record is in the database. */
  readonly strictPullLogging: boolean;
  /** undefined: FEATURE_RATE_LIMITS is off. */
  readonly limits: RequestLimitSettings | undefined;
  readonly redis: RedisSettings;
  readonly mail: MailSettings;
  /** SSRF_ALLOWED_HOSTS: what outgoing requests may reach besides public addresses. */
  readonly allowedHosts: readonly string[];
  readonly identity: IdentitySettings;
  readonly catalog: CatalogPolicy;
  readonly registry: RegistrySettings;
  readonly webApi: WebApiSettings;
  /** undefined: FEATURE_RECAPTCHA is off. */
  readonly recaptcha: RecaptchaSettings | undefined;
}
