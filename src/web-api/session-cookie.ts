import type { RequestContext } from '../platform/http/index.ts';

export interface SessionCookieSettings {
  /** SESSION_COOKIE_NAME. */
  readonly name: string;
  /** SESSION_COOKIE_SECURE: over TLS only. It is so by itself when the client came by TLS. */
  readonly secure: boolean;
  /** FEATURE_PERMANENT_SESSIONS: kept when the browser is closed, for SESSION_TIMEOUT; undefined: not kept. */
  readonly maxAgeSeconds: number | undefined;
}

/** The `Set-Cookie` header that makes a browser keep the session (RFC 6265 §4.1); scripts cannot read it. */
export function sessionCookie(
  settings: SessionCookieSettings,
  { scheme }: Pick<RequestContext, 'scheme'>,
  value: string,
): Readonly<Record<string, string>> {
  const parts = [`${settings.name}=${value}`, 'Path=/', 'HttpOnly', 'SameSite=Lax'];
  if (settings.secure || scheme === 'https') parts.push('Secure');
  if (settings.maxAgeSeconds !== undefined) parts.push(`Max-Age=${settings.maxAgeSeconds}`);
  return { 'Set-Cookie': parts.join('; ') };
}

/** Makes the browser forget it. */
export function forgottenCookie(settings: SessionCookieSettings): Readonly<Record<string, string>> {
  return { 'Set-Cookie': `${settings.name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0` };
}
