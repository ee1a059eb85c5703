import { AppError } from '../kernel/errors.ts';
import type { RequestContext } from '../platform/http/index.ts';
import type { RegistrySettings } from './ports.ts';

/** What a client is told to ask a token for. */
export type ChallengeScope = `repository:${string}:${'pull' | 'pull,push'}` | 'registry:catalog:*';

export type ChallengeReason = 'invalid_token' | 'insufficient_scope';

const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i;

/**
 * The refusal that sends a client to the token endpoint (RFC 6750 §3). The realm is where the operator says the server is,
 * else where the client believes it to be.
 */
export function challenge(
  settings: Pick<RegistrySettings, 'serverHostname' | 'urlScheme'>,
  context: Pick<RequestContext, 'scheme' | 'host'>,
  scope: ChallengeScope | undefined,
  reason?: ChallengeReason,
): AppError {
  const host = settings.serverHostname ?? (HOST.test(context.host) ? context.host : 'localhost');
  const scheme = settings.urlScheme ?? context.scheme;
  const parts = [`realm="${scheme}://${host}/v2/auth"`, `service="${host}"`];
  if (scope !== undefined) parts.push(`scope="${scope}"`);
  if (reason !== undefined) parts.push(`error="${reason}"`);
  const messages = {
    invalid_token: 'The credentials are wrong or have expired; sign in again',
    insufficient_scope: 'The token was not issued for this; ask for one with the scope of the challenge',
  };
  return new AppError('UNAUTHORIZED', reason === undefined ? 'Sign in to do this' : messages[reason], {
    headers: { 'WWW-Authenticate': `Bearer ${parts.join(',')}` },
  });
}
