/** The settings of identity. */
export interface IdentitySettings {
  /** SERVER_HOSTNAME: audience of registry tokens. */
  readonly serverHostname: string;
  /** SUPER_USERS. */
  readonly superUsers: readonly string[];
  /** FEATURE_USER_INITIALIZE: anyone may create the first user. */
  readonly userInitialize: boolean;
  /** LIBRARY_NAMESPACE, or undefined when FEATURE_LIBRARY_SUPPORT is off. */
  readonly libraryNamespace: string | undefined;
  /** INSTANCE_SERVICE_KEY_SERVICE: issuer of registry tokens. */
  readonly serviceKeyService: string;
  /** INSTANCE_SERVICE_KEY_EXPIRATION. */
  readonly serviceKeyExpirationMinutes: number;
  /** INSTANCE_SERVICE_KEY_REFRESH. */
  readonly serviceKeyRefreshMinutes: number;
}
