import {
  type Actor,
  ANONYMOUS,
  type AuthenticateBasic,
  CredentialsRefused,
  explainRefusal,
  parseBasicCredentials,
  type RefreshTokens,
  type RegistryTokens,
  type TokenAccess,
  type UserActor,
} from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import type { RepositoryName } from '../kernel/reference.ts';
import type { RequestContext, RequestHandler } from '../platform/http/index.ts';
import { readForm } from './token-form.ts';
import { grantScope, parseTokenScopes, type RequestedScope } from './token-scope.ts';

export interface TokenEndpointPorts {
  readonly authenticateBasic: AuthenticateBasic;
  readonly refreshTokens: RefreshTokens;
  readonly registryTokens: RegistryTokens;
  /** What the actor may do with a repository at this moment, or with one he may create by that name. Changes nothing. */
  readonly grantedActions: (actor: Actor, name: RepositoryName) => Promise<readonly ('pull' | 'push' | '*')[]>;
  /** Called for a sign-in with a password or token that asks for no scope: `docker login`. */
  readonly signedIn: (actor: UserActor, context: RequestContext) => void;
  /** FEATURE_ANONYMOUS_ACCESS. */
  readonly anonymousAccess: boolean;
  /** LIBRARY_NAMESPACE, or undefined when FEATURE_LIBRARY_SUPPORT is off. */
  readonly libraryNamespace: string | undefined;
  /** SERVER_HOSTNAME. */
  readonly serverHostname: string;
}

interface TokenRequest {
  readonly actor: Actor;
  readonly scopes: readonly string[];
  /** Whether the client wants a token that it can keep instead of the password. */
  readonly offline: boolean;
}

/**
 * The token endpoint: `GET` as in distribution's "Token Authentication Specification", `POST` as in its "Oauth2 Token
 * Authentication". `service`, `account` and `client_id` decide nothing: a token is always for this registry and for
 * whoever proved who he is, so clients that know the registry by an older name work too.
 * Errors: UNAUTHORIZED, TOKEN_REQUEST_INVALID, TOO_MANY_REQUESTS, UNSUPPORTED.
 */
export function createTokenEndpoint(ports: TokenEndpointPorts): RequestHandler {
  return async (context) => {
    const request = await readRequest(ports, context);
    const scopes = parseTokenScopes(request.scopes, {
      libraryNamespace: ports.libraryNamespace,
      hosts: [ports.serverHostname, context.host],
    });
    const { actor } = request;
    if (actor.kind === 'anonymous' && !ports.anonymousAccess) {
      throw unauthorized(ports, 'This registry has nothing for anonymous clients; sign in first');
    }
    if (actor.kind === 'user' && request.scopes.length === 0) ports.signedIn(actor, context);
    const access = await Promise.all(scopes.map((scope) => grant(ports, actor, scope)));
    const { token, expiresInSeconds, issuedAt } = await ports.registryTokens.issue({ actor, access });
    const refreshToken = request.offline && actor.kind === 'user' ? ports.refreshTokens.issue(actor) : undefined;
    answer(context, {
      token,
      access_token: token,
      expires_in: expiresInSeconds,
      issued_at: new Date(issuedAt).toISOString(),
      scope: scopeText(access),
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    });
  };
}

function readRequest(ports: TokenEndpointPorts, context: RequestContext): Promise<TokenRequest> {
  if (context.method === 'GET' || context.method === 'HEAD') return readGet(ports, context);
  if (context.method === 'POST') return readPost(ports, context);
  throw new AppError('UNSUPPORTED', 'A token can only be asked for with GET or POST', {
    headers: { Allow: 'GET, HEAD, POST' },
  });
}

async function readGet(ports: TokenEndpointPorts, context: RequestContext): Promise<TokenRequest> {
  const query = new URLSearchParams(context.query);
  return {
    actor: await actorOfHeader(ports, context),
    scopes: query.getAll('scope'),
    offline: query.get('offline_token') === 'true',
  };
}

async function readPost(ports: TokenEndpointPorts, context: RequestContext): Promise<TokenRequest> {
  const form = await readForm(context);
  return {
    actor: await actorOfGrant(ports, form, context.clientAddress),
    scopes: form.getAll('scope'),
    offline: form.get('access_type') === 'offline',
  };
}

async function actorOfHeader(ports: TokenEndpointPorts, context: RequestContext): Promise<Actor> {
  const header = context.req.headers.authorization;
  if (header === undefined) return ANONYMOUS;
  const credentials = parseBasicCredentials(header);
  if (credentials === undefined) throw wrongCredentials(ports, '');
  const { login, secret } = credentials;
  // Some clients send empty credentials when they have none.
  if (login === '' && secret === '') return ANONYMOUS;
  const actor = await signIn(ports, login, secret, context.clientAddress);
  context.credentialsProven?.('user');
  return actor;
}

async function actorOfGrant(ports: TokenEndpointPorts, form: URLSearchParams, clientAddress: string): Promise<Actor> {
  const grantType = form.get('grant_type');
  if (grantType === 'password') {
    return signIn(ports, form.get('username') ?? '', form.get('password') ?? '', clientAddress);
  }
  if (grantType === 'refresh_token') {
    return (await ports.refreshTokens.authenticate(form.get('refresh_token') ?? '')) ?? refuse(ports, '');
  }
  throw new AppError('TOKEN_REQUEST_INVALID', 'The grant_type must be "password" or "refresh_token"');
}

async function signIn(ports: TokenEndpointPorts, login: string, secret: string, clientAddress: string): Promise<Actor> {
  const actor = await ports.authenticateBasic(login, secret, clientAddress).catch((error: unknown) => {
    throw error instanceof CredentialsRefused ? unauthorized(ports, error.message) : error;
  });
  return actor ?? refuse(ports, login);
}

async function grant(ports: TokenEndpointPorts, actor: Actor, scope: RequestedScope): Promise<TokenAccess> {
  // The catalog lists what its reader may see, so asking for it is free.
  if (scope.type === 'registry') return scope;
  const rights = await ports.grantedActions(actor, scope.name);
  return { type: 'repository', name: scope.name, actions: grantScope(scope.actions, rights) };
}

function answer({ res }: RequestContext, body: object): void {
  const json = Buffer.from(JSON.stringify(body));
  res.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': json.length,
    'Cache-Control': 'no-store',
  });
  res.end(json);
}

function scopeText(access: readonly TokenAccess[]): string {
  const granted = access.filter(({ actions }) => actions.length > 0);
  return granted.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ');
}

function refuse(ports: TokenEndpointPorts, login: string): never {
  throw wrongCredentials(ports, login);
}

function wrongCredentials(ports: TokenEndpointPorts, login: string): AppError {
  return unauthorized(ports, explainRefusal(login));
}

function unauthorized(ports: TokenEndpointPorts, message: string): AppError {
  return new AppError('UNAUTHORIZED', message, {
    headers: { 'WWW-Authenticate': `Basic realm="${ports.serverHostname}"` },
  });
}
