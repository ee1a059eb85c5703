import { z } from 'zod';
import { type ConfigRule, defineConfig, durationMs } from '../platform/config/index.ts';
import { standingConfig } from './standing-config.ts';
import type { StandingRules } from './standing.ts';
import { bootstrapConfig, bootstrapRules, type BootstrapSettings } from './bootstrap-tokens/index.ts';
import { type KeyServerSettings, serviceKeyConfig } from './service-keys/index.ts';
import { robotConfig } from './robots/config.ts';
import type { RobotSettings } from './robots/open-robots.ts';
import { oauthConfig, type OAuthSettings } from './oauth/config.ts';
import { organizationConfig, type TagExpirationSettings } from './organizations/config.ts';
import { userConfig, type UserSettings } from './users/config.ts';

/** The settings of identity. */
export interface IdentitySettings {
  /** SERVER_HOSTNAME: audience of registry tokens. */
  readonly serverHostname: string;
  readonly standing: StandingRules;
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
  readonly keyServer: KeyServerSettings;
  readonly bootstrap: BootstrapSettings;
  /** SESSION_TIMEOUT, milliseconds. */
  readonly sessionTimeoutMs: number;
  readonly robots: RobotSettings;
  readonly oauth: OAuthSettings;
  readonly users: UserSettings;
  readonly tagExpiration: TagExpirationSettings;
}

const OTHER_AUTHENTICATION = new Set(['LDAP', 'JWT', 'Keystone', 'OIDC', 'AppToken']);

export const identityConfig = defineConfig({
  ...organizationConfig,
  ...standingConfig,
  ...robotConfig,
  ...oauthConfig,
  ...userConfig,
  AUTHENTICATION_TYPE: {
    schema: z.string().refine((type) => type === 'Database', {
      error: ({ input }) =>
        OTHER_AUTHENTICATION.has(String(input))
          ? `"${String(input)}" is not built into this version; only Database is`
          : 'write Database',
    }),
    default: 'Database',
    description: 'Where passwords are checked',
  },
  FEATURE_USER_INITIALIZE: {
    schema: z.boolean(),
    default: false,
    description:
      'Anyone who reaches an empty registry may create its first user; otherwise only this machine or the printed set-up token',
  },
  SESSION_TIMEOUT: {
    schema: durationMs(),
    default: '31d',
    description: 'A browser that has not been used for this long is signed out',
  },
  INSTANCE_SERVICE_KEY_SERVICE: {
    schema: z.string().min(1).max(255),
    default: 'quay',
    description: 'Issuer named in registry tokens',
  },
  INSTANCE_SERVICE_KEY_EXPIRATION: {
    schema: z.int().min(2).max(525_600),
    default: 120,
    unit: 'minutes',
    description: 'Life of the key that signs registry tokens',
  },
  INSTANCE_SERVICE_KEY_REFRESH: {
    schema: z.int().min(1).max(525_600),
    default: 55,
    unit: 'minutes',
    description: 'How often that key is renewed',
  },
  ...serviceKeyConfig,
  ...bootstrapConfig,
});

export const identityRules: readonly ConfigRule<typeof identityConfig>[] = [
  {
    key: 'INSTANCE_SERVICE_KEY_REFRESH',
    check: (values) =>
      values.INSTANCE_SERVICE_KEY_REFRESH < values.INSTANCE_SERVICE_KEY_EXPIRATION
        ? undefined
        : 'A key must be renewed before it expires; write less than INSTANCE_SERVICE_KEY_EXPIRATION',
  },
  ...bootstrapRules,
];
