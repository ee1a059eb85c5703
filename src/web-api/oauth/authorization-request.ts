import {
  type Application,
  applicationUnknown,
  type OAuthScope,
  parseScopes,
  withParameters,
} from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { RequestContext } from '../../platform/http/index.ts';
import type { WebApiPorts } from '../ports.ts';
import type { Fields } from './read-fields.ts';

/** What an application asks its user for (RFC 6749 §4.1.1, §4.2.1; RFC 7636 §4.3). */
export interface AuthorizationRequest {
  readonly application: Application;
  readonly redirectUri: string;
  readonly responseType: ResponseType;
  readonly scopes: readonly OAuthScope[];
  readonly state: string | undefined;
  readonly codeChallenge: string | undefined;
}

export type ResponseType = 'code' | 'token';

/** Where an answer goes: the application, at an address that it has registered. */
export type ReplyAddress = Pick<AuthorizationRequest, 'redirectUri' | 'responseType' | 'state'>;

/** A failure that the application is told, by way of its redirect address. */
export class AuthorizationRefused extends Error {
  override readonly name = 'AuthorizationRefused';
  readonly location: string;

  /** @param code of RFC 6749 §4.1.2.1 */
  constructor(reply: ReplyAddress, code: string, description: string) {
    super(description);
    this.location = replyLocation(reply, { error: code, error_description: description });
  }
}

/** The address that takes an answer to the application: a code in the query, a token in the fragment, and errors likewise. */
export function replyLocation(
  { redirectUri, responseType, state }: ReplyAddress,
  parameters: Readonly<Record<string, string | number>>,
): string {
  const where = responseType === 'token' ? 'fragment' : 'query';
  return withParameters(redirectUri, where, { ...parameters, state });
}

const STATE_MAX = 2048;
/** A SHA-256 in base64url. */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/**
 * Reads and checks a request for authorization. As long as it is not sure that the application and the address are right, nothing is
 * sent there: an error stays here. Errors: NOT_FOUND, INVALID_REQUEST; from then on {@link AuthorizationRefused}.
 * @param byDefault what is meant without `response_type`
 */
export async function readAuthorizationRequest(
  { oauth }: Pick<WebApiPorts, 'oauth'>,
  { origin }: Pick<RequestContext, 'origin'>,
  fields: Fields,
  byDefault: ResponseType,
): Promise<AuthorizationRequest> {
  const application = await oauth.applications.find(required(fields, 'client_id'));
  if (application === undefined) throw applicationUnknown();
  const redirectUri = required(fields, 'redirect_uri');
  const isLocal = redirectUri === localAddress(origin, oauth.settings.localHandler);
  if (!isLocal && (application.redirectUri === '' || redirectUri !== application.redirectUri)) {
    throw new AppError(
      'INVALID_REQUEST',
      'The redirect_uri is not the one that the application has registered; whoever runs the application must register it',
    );
  }
  const state = fields.get('state');
  if (state !== undefined && state.length > STATE_MAX) {
    throw new AppError('INVALID_REQUEST', `The state may have ${STATE_MAX} characters`);
  }
  const responseType = fields.get('response_type') ?? byDefault;
  if (responseType !== 'code' && responseType !== 'token') {
    const reply: ReplyAddress = { redirectUri, responseType: 'code', state };
    throw new AuthorizationRefused(reply, 'unsupported_response_type', 'The response_type must be "code" or "token"');
  }
  const reply: ReplyAddress = { redirectUri, responseType, state };
  const scopes = parseScopes(fields.get('scope') ?? '', oauth.settings);
  if (scopes === undefined) {
    throw new AuthorizationRefused(reply, 'invalid_scope', 'There must be a scope, and each one must be known');
  }
  const codeChallenge = readChallenge(fields, reply);
  if (application.publicClient && responseType === 'code' && codeChallenge === undefined) {
    throw new AuthorizationRefused(reply, 'invalid_request', 'A public client must send a code_challenge (PKCE)');
  }
  return { application, redirectUri, responseType, scopes, state, codeChallenge };
}

/** Address of the page that shows a token just made. */
export function localAddress(origin: string, handler: string): string {
  return `${origin}${handler}`;
}

/** `plain`, which is also meant when no method is named, gives a thief all he needs (RFC 9700 §2.1.1). */
function readChallenge(fields: Fields, reply: ReplyAddress): string | undefined {
  const [challenge, method] = [fields.get('code_challenge'), fields.get('code_challenge_method')];
  if (challenge === undefined && method === undefined) return undefined;
  if (method !== 'S256') {
    throw new AuthorizationRefused(reply, 'invalid_request', 'The code_challenge_method must be "S256"');
  }
  if (challenge === undefined || !CHALLENGE.test(challenge)) {
    throw new AuthorizationRefused(reply, 'invalid_request', 'The code_challenge must be a SHA-256 in base64url');
  }
  return challenge;
}

function required(fields: Fields, name: string): string {
  const value = fields.get(name);
  if (value === undefined || value === '') throw new AppError('INVALID_REQUEST', `The parameter "${name}" is missing`);
  return value;
}
