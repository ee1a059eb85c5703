import { z } from 'zod';
import { defineConfig, durationMs, oneOrMany, secret } from '../platform/config/index.ts';

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
  SESSION_COOKIE_SECURE: {
    schema: z.boolean(),
    default: false,
    description: 'Session cookies travel over TLS alone; over TLS they are sent so in any case',
  },
});
