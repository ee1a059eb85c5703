import { parseBasicCredentials, type UserActor } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { RequestContext } from '../../platform/http/index.ts';
import { Abort } from '../frame/answer.ts';
import { findCaller } from '../frame/find-caller.ts';
import type { WebApiPorts } from '../ports.ts';
import type { Fields } from './read-fields.ts';

/** A user in person, with the cookie of his session. */
export interface SignedInUser {
  readonly actor: UserActor;
  readonly cookie: string;
}

/**
 * The user who has signed in with this browser. A token does not count: an application could use the one it has to agree to
 * more in its user's name.
 */
export async function findSignedIn(ports: WebApiPorts, context: RequestContext): Promise<SignedInUser | undefined> {
  const caller = await findCaller({ ...ports, cookieName: ports.cookie.name }, context);
  if (caller.kind !== 'session') return undefined;
  return { actor: caller.session.actor, cookie: caller.cookie };
}

/**
 * The user who agrees to something, by a page of ours; or by name and password where the application is in
 * DIRECT_OAUTH_CLIENTID_WHITELIST. Errors: UNAUTHORIZED; the answer to a request that another page has made.
 */
export async function requireConsenting(
  ports: WebApiPorts,
  context: RequestContext,
  fields: Fields,
): Promise<UserActor> {
  const { authorization } = context.req.headers;
  if (authorization !== undefined) return authenticateDirectly(ports, context, fields, authorization);
  return requireSignedIn(ports, context, fields);
}

/** The user who sends a form of ours. Errors: UNAUTHORIZED; the answer to a request that another page has made. */
export async function requireSignedIn(ports: WebApiPorts, context: RequestContext, fields: Fields): Promise<UserActor> {
  const user = await findSignedIn(ports, context);
  if (user === undefined) throw signInFirst();
  const sent = context.req.headers['x-csrf-token'] ?? fields.get('_csrf_token');
  if (typeof sent === 'string' && ports.csrf.matches(user.cookie, sent)) return user.actor;
  throw new Abort({ status: 403, body: { error: 'CSRF token was invalid or missing. (authorized: true)' } });
}

export function signInFirst(): AppError {
  return new AppError('UNAUTHORIZED', 'Sign in to the registry with this browser, then open the address again');
}

async function authenticateDirectly(
  ports: WebApiPorts,
  context: RequestContext,
  fields: Fields,
  authorization: string,
): Promise<UserActor> {
  const credentials = parseBasicCredentials(authorization);
  const direct = ports.oauth.settings.directClients.includes(fields.get('client_id') ?? '');
  if (credentials === undefined || !direct) throw signInFirst();
  const { login, secret } = credentials;
  const actor = await ports.authenticateBasic(login, secret, context.clientAddress);
  if (actor?.kind === 'user' && actor.credential === undefined && actor.scopes === undefined) return actor;
  throw new AppError('UNAUTHORIZED', 'The user name or password is wrong');
}
