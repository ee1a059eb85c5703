import { z } from 'zod';
import { type ConfigRule, defineConfig, durationMs, oneOrMany, secret } from '../platform/config/index.ts';

/** Letters that RFC 6265 lets a cookie's name have, and that no client stumbles over. */
const COOKIE_NAME = /^[A-Za-z0-9_-]{1,64}$/;

export const webApiConfig = defineConfig({
  FEATURE_SUPERUSER_CONFIGDUMP: {
    schema: z.boolean(),
    default: false,
    description: 'Superusers can read the configuration by the API, without its secrets',
  },
  REGISTRY_TITLE: {
    schema: z.string().min(1).max(255),
    default: 'Gantry',
    quayDefault: 'Project Quay',
    description: 'Name of the registry in pages, mails and the description of the API',
  },
  BROWSER_API_CALLS_XHR_ONLY: {
    schema: z.boolean(),
    default: true,
    description: 'Browsers reach the API by scripts only, never by a plain link or form',
  },
  CORS_ORIGIN: {
    schema: oneOrMany(),
    default: '*',
    description:
      'Web pages of other origins that may call the API: all of them, without cookies (*), or those named, with cookies',
  },
  FRESH_LOGIN_TIMEOUT: {
    schema: durationMs(),
    default: '10m',
    description: 'How long after signing in sensitive changes need no password',
  },
  FEATURE_PERMANENT_SESSIONS: {
    schema: z.boolean(),
    default: true,
    description: 'A session survives the closing of the browser, for SESSION_TIMEOUT',
  },
  PAGE_TOKEN_KEY: {
    schema: secret(),
    description: 'Encrypts the next_page of lists, the same on all nodes. Default: derived from DATABASE_SECRET_KEY',
    quayDefault: '(built in)',
  },
  SESSION_COOKIE_NAME: {
    schema: z.string().regex(COOKIE_NAME, 'write letters, digits, "_" and "-" only'),
    default: '_csrf_token',
    description: 'Name of the session cookie',
  },
  FEATURE_DIRECT_LOGIN: {
    schema: z.boolean(),
    default: true,
    description: 'People may sign in to pages, and make accounts, with a user name and a password',
  },
  FEATURE_RECAPTCHA: {
    schema: z.boolean(),
    default: false,
    description: 'Making accounts and recovering them needs a proof of being human; needs RECAPTCHA_SECRET_KEY',
  },
  RECAPTCHA_SITE_KEY: { schema: z.string().max(255), description: 'Public key at reCAPTCHA' },
  RECAPTCHA_SECRET_KEY: { schema: secret(), description: 'Secret key at reCAPTCHA' },
  RECAPTCHA_VERIFY_URL: {
    schema: z.url({ protocol: /^https?$/ }),
    default: 'https://www.google.com/recaptcha/api/siteverify',
    description: 'Where proofs are checked; other services speak the same',
    ours: true,
  },
  RECAPTCHA_WHITELISTED_USERS: {
    schema: z.array(z.string().max(255)),
    default: [],
    description: 'Users who make accounts over the API without a proof of being human',
  },
  AVATAR_KIND: {
    schema: z.enum(['local', 'gravatar']),
    default: 'local',
    description: 'Pictures of users: drawn here, or fetched from gravatar.com by a hash of their mail address',
  },
  SESSION_COOKIE_SECURE: {
    schema: z.boolean(),
    default: false,
    description: 'Session cookies travel over TLS alone; over TLS they are sent so in any case',
  },
});

export const webApiRules: readonly ConfigRule<typeof webApiConfig>[] = [
  {
    key: 'FEATURE_RECAPTCHA',
    check: (values) =>
      values.FEATURE_RECAPTCHA && values.RECAPTCHA_SECRET_KEY === undefined
        ? 'Proofs of being human cannot be checked without RECAPTCHA_SECRET_KEY; set it, or turn this off'
        : undefined,
  },
];
