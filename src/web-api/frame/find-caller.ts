import {
  ANONYMOUS,
  type Actor,
  type AuthenticateAccessToken,
  type Session,
  type Sessions,
} from '../../identity/index.ts';
import type { RequestContext } from '../../platform/http/index.ts';
import { readCookie } from './read-cookie.ts';

/** How a request says whose it is. */
export type Caller =
  | { readonly kind: 'nobody'; readonly cookie: string | undefined; readonly refusedToken: boolean }
  | { readonly kind: 'token'; readonly actor: Actor }
  | { readonly kind: 'session'; readonly cookie: string; readonly session: Session; readonly actor: Actor };

export interface CallerPorts {
  readonly authenticateAccessToken: AuthenticateAccessToken;
  readonly sessions: Sessions;
  /** SESSION_COOKIE_NAME. */
  readonly cookieName: string;
}

const BEARER = /^Bearer +([^ ]+) *$/i;

/**
 * Looks for an access token first, then for a session. An unknown or expired token is nobody's, as in Quay, and does not
 * fall back to a session: who sends both means the token.
 */
export async function findCaller(ports: CallerPorts, context: RequestContext): Promise<Caller> {
  const { req } = context;
  const cookie = readCookie(req.headers.cookie, ports.cookieName);
  const { authorization } = req.headers;
  if (authorization !== undefined) {
    const token = BEARER.exec(authorization)?.[1];
    const actor = token === undefined ? undefined : await ports.authenticateAccessToken(token);
    if (actor !== undefined) context.credentialsProven?.('user');
    return actor === undefined ? { kind: 'nobody', cookie, refusedToken: true } : { kind: 'token', actor };
  }
  const session = cookie === undefined ? undefined : await ports.sessions.find(cookie);
  if (cookie === undefined || session === undefined) {
    return { kind: 'nobody', cookie, refusedToken: false };
  }
  return { kind: 'session', cookie, session, actor: session.actor };
}

export function actorOf(caller: Caller): Actor {
  return caller.kind === 'nobody' ? ANONYMOUS : caller.actor;
}
