import type { Context } from 'hono';
import { ANONYMOUS, type Actor, type AuthenticateAccessToken } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import type { PipelineEnv } from '../platform/http/index.ts';

const BEARER = /^Bearer +([^ ]+) *$/i;

/** Who calls: the owner of the access token in `Authorization: Bearer`. As in Quay, an unknown token is nobody's. */
export async function authenticate(context: Context<PipelineEnv>, tokens: AuthenticateAccessToken): Promise<Actor> {
  const token = BEARER.exec(context.req.header('Authorization') ?? '')?.[1];
  if (token === undefined) return ANONYMOUS;
  const actor = await tokens(token);
  if (actor !== undefined) context.env.context.credentialsProven?.('user');
  return actor ?? ANONYMOUS;
}

/** The error for whoever may not: 401 when nobody has signed in, else 403 (Quay's rule). */
export function refusal(actor: Actor): AppError {
  return actor.kind === 'anonymous'
    ? new AppError('UNAUTHORIZED', 'Requires authentication')
    : new AppError('DENIED', 'Unauthorized');
}
