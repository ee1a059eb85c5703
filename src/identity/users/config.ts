import { z } from 'zod';
import { type ConfigValues, defineConfig, durationMs } from '../../platform/config/index.ts';

/** The settings of users. */
export interface UserSettings {
  /** FEATURE_INVITE_ONLY_USER_CREATION. */
  readonly inviteOnly: boolean;
  /** FEATURE_USER_RENAME. */
  readonly rename: boolean;
  /** FEATURE_USERNAME_CONFIRMATION. */
  readonly usernameConfirmation: boolean;
  /** FEATURE_USER_METADATA. */
  readonly metadata: boolean;
  /** LAST_ACCESSED_UPDATE_THRESHOLD_S, milliseconds; undefined: FEATURE_USER_LAST_ACCESSED is off. */
  readonly lastUseEveryMs: number | undefined;
  /** BLACKLISTED_EMAIL_DOMAINS in lower case; none when FEATURE_BLACKLISTED_EMAILS is off. */
  readonly blockedMailDomains: readonly string[];
  /** USER_RECOVERY_TOKEN_LIFETIME, milliseconds. */
  readonly recoveryLifetimeMs: number;
  /** RENAMED_NAMESPACE_LIFETIME, milliseconds. */
  readonly formerNameLifetimeMs: number;
}

export const userConfig = defineConfig({
  FEATURE_USER_CREATION: {
    schema: z.boolean(),
    default: true,
    description: 'People may make accounts for themselves, once there is a first user',
  },
  FEATURE_INVITE_ONLY_USER_CREATION: {
    schema: z.boolean(),
    default: false,
    description: 'People need an invitation to a team to make an account',
  },
  FEATURE_USER_RENAME: {
    schema: z.boolean(),
    default: false,
    description: 'Users may change their name',
  },
  RENAMED_NAMESPACE_LIFETIME: {
    schema: durationMs(),
    default: '30d',
    description:
      'How long the former name of a user or organization goes on leading to it, and belongs to nobody else; with 0s it is free at once',
    ours: true,
  },
  FEATURE_USERNAME_CONFIRMATION: {
    schema: z.boolean(),
    default: true,
    description: 'Whoever comes from another service may change the name that was made up for him, once',
  },
  FEATURE_USER_METADATA: {
    schema: z.boolean(),
    default: false,
    description: 'Users are asked for their name and company',
  },
  FEATURE_USER_LAST_ACCESSED: {
    schema: z.boolean(),
    default: true,
    description: 'The time of last use is kept for each user',
  },
  LAST_ACCESSED_UPDATE_THRESHOLD_S: {
    schema: z.int().min(1).max(86_400),
    default: 60,
    unit: 'seconds',
    description: 'The last use of an account is written at most this often',
  },
  FEATURE_BLACKLISTED_EMAILS: {
    schema: z.boolean(),
    default: false,
    description: 'Addresses of BLACKLISTED_EMAIL_DOMAINS cannot be used for accounts',
  },
  BLACKLISTED_EMAIL_DOMAINS: {
    schema: z.array(z.string().min(1).max(253)).max(10_000),
    default: [],
    description: 'Mail domains, with those below them, that accounts may not use',
  },
  USER_RECOVERY_TOKEN_LIFETIME: {
    schema: durationMs(),
    default: '30m',
    description: 'How long a link to set a new password works',
  },
});

export function userSettings(config: ConfigValues<typeof userConfig>): UserSettings {
  return {
    inviteOnly: config.FEATURE_INVITE_ONLY_USER_CREATION,
    rename: config.FEATURE_USER_RENAME,
    usernameConfirmation: config.FEATURE_USERNAME_CONFIRMATION,
    metadata: config.FEATURE_USER_METADATA,
    lastUseEveryMs: config.FEATURE_USER_LAST_ACCESSED ? config.LAST_ACCESSED_UPDATE_THRESHOLD_S * 1000 : undefined,
    blockedMailDomains: config.FEATURE_BLACKLISTED_EMAILS
      ? config.BLACKLISTED_EMAIL_DOMAINS.map((domain) => domain.toLowerCase().replace(/^[@.]+/, ''))
      : [],
    recoveryLifetimeMs: config.USER_RECOVERY_TOKEN_LIFETIME,
    formerNameLifetimeMs: config.RENAMED_NAMESPACE_LIFETIME,
  };
}
