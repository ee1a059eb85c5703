import { z } from 'zod';
import { type ConfigValues, defineConfig } from '../platform/config/index.ts';
import type { StandingRules } from './standing.ts';

const NAMES = z.array(z.string().min(1).max(255));

export const standingConfig = defineConfig({
  FEATURE_SUPER_USERS: {
    schema: z.boolean(),
    default: true,
    description: 'There are superusers; when off, nobody administers the registry, whatever the lists say',
  },
  SUPER_USERS: {
    schema: NAMES,
    default: [],
    description: 'Names of the users who administer the registry',
  },
  GLOBAL_READONLY_SUPER_USERS: {
    schema: NAMES,
    default: [],
    description:
      'Names of the users who may read everything and change only what is their own; goes before SUPER_USERS',
  },
  FEATURE_SUPERUSERS_FULL_ACCESS: {
    schema: z.boolean(),
    default: false,
    description: 'Superusers may do everything in every namespace',
  },
  FEATURE_SUPERUSERS_ORG_CREATION_ONLY: {
    schema: z.boolean(),
    default: false,
    description: 'Only superusers may make organizations',
  },
  FEATURE_RESTRICTED_USERS: {
    schema: z.boolean(),
    default: false,
    description: 'Users may make nothing in their own namespace, and no organizations',
  },
  RESTRICTED_USERS_WHITELIST: {
    schema: NAMES,
    default: [],
    description: 'Names of the users whom FEATURE_RESTRICTED_USERS leaves alone',
  },
});

/** The rules that the configuration states. */
export function standingRules(config: ConfigValues<typeof standingConfig>): StandingRules {
  return {
    superusers: config.FEATURE_SUPER_USERS,
    namedSuperusers: new Set(config.SUPER_USERS),
    readOnlySuperusers: new Set(config.GLOBAL_READONLY_SUPER_USERS),
    fullAccess: config.FEATURE_SUPERUSERS_FULL_ACCESS,
    onlySuperusersMakeOrganizations: config.FEATURE_SUPERUSERS_ORG_CREATION_ONLY,
    unrestrictedUsers: config.FEATURE_RESTRICTED_USERS ? new Set(config.RESTRICTED_USERS_WHITELIST) : undefined,
  };
}
