import { expect, it } from 'vitest';
import { sessionCookie } from './session-cookie.ts';

const COMMON = '_csrf_token=value; Path=/; HttpOnly; SameSite=Lax';
const cookie = (settings: { secure?: boolean; maxAgeSeconds?: number }, scheme: 'http' | 'https' = 'http') =>
  sessionCookie({ name: '_csrf_token', secure: false, maxAgeSeconds: undefined, ...settings }, { scheme }, 'value')[
    'Set-Cookie'
  ];

it('is kept by the browser with FEATURE_PERMANENT_SESSIONS, and forgotten when it is closed without', () => {
  expect(cookie({ maxAgeSeconds: 60 })).toBe(`${COMMON}; Max-Age=60`);
  expect(cookie({})).toBe(COMMON);
});

it('goes over TLS alone with SESSION_COOKIE_SECURE, and always when the client came by TLS', () => {
  expect(cookie({ secure: true })).toBe(`${COMMON}; Secure`);
  expect(cookie({}, 'https')).toBe(`${COMMON}; Secure`);
  expect(cookie({})).not.toContain('Secure');
});
