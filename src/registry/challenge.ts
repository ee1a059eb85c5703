import { AppError } from '../kernel/errors.ts';
import { parseRepositoryName } from '../kernel/reference.ts';
import type { RequestContext } from '../platform/http/index.ts';
import type { RegistrySettings } from './ports.ts';
import type { Route } from './route.ts';

export type ChallengeReason = 'invalid_token' | 'insufficient_scope';

/** Makes the refusal that sends the client of one request to the token endpoint. */
export type Challenge = (reason?: ChallengeReason) => AppError;

type Settings = Pick<RegistrySettings, 'libraryNamespace'>;

const MESSAGES = {
  invalid_token: 'The credentials are wrong or have expired; sign in again',
  insufficient_scope: 'The token was not issued for this; ask for one with the scope of the challenge',
} as const;

/**
 * The challenge of a request (RFC 6750 §3). The realm is under the name by which this client is to know the server; the
 * scope is everything that the request needs.
 */
export function challenge(
  settings: Settings,
  context: Pick<RequestContext, 'origin' | 'method' | 'query'>,
  route: Route | undefined,
  reason: ChallengeReason | undefined,
): AppError {
  const { origin } = context;
  const parts = [`realm="${origin}/v2/auth"`, `service="${origin.slice(origin.indexOf('//') + 2)}"`];
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
