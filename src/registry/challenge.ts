import { AppError } from '../kernel/errors.ts';
import { parseRepositoryName } from '../kernel/reference.ts';
import type { RequestContext } from '../platform/http/index.ts';
import type { RegistrySettings } from './ports.ts';
import type { Route } from './route.ts';

export type ChallengeReason = 'invalid_token' | 'insufficient_scope';

/** Makes the refusal that sends the client of one request to the token endpoint. */
export type Challenge = (reason?: ChallengeReason) => AppError;

type Settings = Pick<RegistrySettings, 'serverHostname' | 'urlScheme' | 'libraryNamespace'>;

const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i;

const MESSAGES = {
  invalid_token: 'The credentials are wrong or have expired; sign in again',
  insufficient_scope: 'The token was not issued for this; ask for one with the scope of the challenge',
} as const;

/**
 * The challenge of a request (RFC 6750 §3). The realm is where the operator says the server is, else where the client
 * believes it to be; the scope is everything that the request needs.
 */
export function challenge(
  settings: Settings,
  context: Pick<RequestContext, 'scheme' | 'host' | 'method' | 'query'>,
  route: Route | undefined,
  reason: ChallengeReason | undefined,
): AppError {
  const host = settings.serverHostname ?? (HOST.test(context.host) ? context.host : 'localhost');
  const scheme = settings.urlScheme ?? context.scheme;
  const parts = [`realm="${scheme}://${host}/v2/auth"`, `service="${host}"`];
  const scopes = route === undefined ? [] : scopesOf(settings, context, route);
  if (scopes.length > 0) parts.push(`scope="${scopes.join(' ')}"`);
  if (reason !== undefined) parts.push(`error="${reason}"`);
  return new AppError('UNAUTHORIZED', reason === undefined ? 'Sign in to do this' : MESSAGES[reason], {
    headers: { 'WWW-Authenticate': `Bearer ${parts.join(',')}` },
  });
}

function scopesOf(
  settings: Settings,
  { method, query }: Pick<RequestContext, 'method' | 'query'>,
  route: Route,
): string[] {
  if (route.kind === 'catalog') return ['registry:catalog:*'];
  if (!('requestedName' in route)) return [];
  const reads = (method === 'GET' || method === 'HEAD') && route.kind !== 'upload';
  const scopes = [`repository:${route.requestedName}:${reads ? 'pull' : 'pull,push'}`];
  // A mount also reads where it mounts from.
  const from = route.kind === 'uploads' ? new URLSearchParams(query).get('from') : null;
  if (from !== null && parseRepositoryName(from, settings.libraryNamespace) !== undefined) {
    scopes.push(`repository:${from}:pull`);
  }
  return scopes;
}
