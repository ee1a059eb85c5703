import type { CatalogPolicy } from '../catalog/index.ts';
import type { IdentitySettings } from '../identity/index.ts';
import type { LogLevel } from '../platform/log/index.ts';
import type { RegistrySettings } from '../registry/index.ts';

/** Everything that the composition needs to know, already read and checked. */
export interface AppSettings {
  readonly port: number;
  /** Address to listen on; undefined: all. */
  readonly host: string | undefined;
  /** Absolute path; holds the database file, the secret key and, by default, the blobs. */
  readonly dataDirectory: string;
  /** `postgresql://…`, or undefined for the embedded database. */
  readonly postgresUri: string | undefined;
  /** Absolute path of the embedded database; undefined: in the data directory. */
  readonly sqliteFile: string | undefined;
  /** Absolute path of the local storage. */
  readonly storagePath: string;
  /** DATABASE_SECRET_KEY; undefined: generated and kept in the data directory. */
  readonly secretKey: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly logLevel: LogLevel;
  readonly identity: IdentitySettings;
  readonly catalog: CatalogPolicy;
  readonly registry: RegistrySettings;
}
