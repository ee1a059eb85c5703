import { z } from 'zod';
import { defineConfig } from '../platform/config/index.ts';

export const auditConfig = defineConfig({
  ACTION_LOG_AUDIT_LOGINS: {
    schema: z.boolean(),
    default: true,
    description: 'Signing in and out is recorded',
  },
  ACTION_LOG_AUDIT_LOGIN_FAILURES: {
    schema: z.boolean(),
    default: false,
    description: 'Failed attempts to sign in to pages are recorded',
  },
  ALLOW_PULLS_WITHOUT_STRICT_LOGGING: {
    schema: z.boolean(),
    default: true,
    description:
      'Pulls are answered before their audit record is in the database, which a crash or a database that accepts no changes may then lack; with false they wait for it, and fail without it',
    quayDefault: false,
  },
});
