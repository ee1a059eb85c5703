import {
  auditActor,
  type Assignment,
  coversScopes,
  describeScopes,
  resolveOrganizationAccess,
  type ScopeDescription,
  TOKEN_LIFETIME_SECONDS,
  type UserActor,
} from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { RequestContext } from '../../platform/http/index.ts';
import { avatar } from '../avatar.ts';
import type { WebApiPorts } from '../ports.ts';
import {
  type AuthorizationRequest,
  AuthorizationRefused,
  readAuthorizationRequest,
  replyLocation,
} from './authorization-request.ts';
import { findSignedIn, requireConsenting, requireSignedIn, signInFirst } from './find-user.ts';
import { consentPage, type Page } from './pages.ts';
import { readFormAndQuery, readQuery } from './read-fields.ts';

/** How a request below `/oauth` is answered. */
export type Reply =
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'redirect'; readonly location: string };

/**
 * `GET /oauth/authorize`: asks the user, unless he has given the application as much before and it proves itself by the code it gets.
 * That a token is made by following a link alone is not possible. With `format=json` what the page would show.
 */
export async function showAuthorization(ports: WebApiPorts, context: RequestContext): Promise<Reply> {
  const fields = readQuery(context);
  const request = await readAuthorizationRequest(ports, context, fields, 'code');
  const user = await findSignedIn(ports, context);
  if (user === undefined) throw signInFirst();
  const assignment = await requireMayAuthorize(ports, user.actor, request, fields.get('assignment_uuid'));
  const known = await isKnown(ports, user.actor, request);
  const csrfToken = ports.csrf.of(user.cookie);
  if (fields.get('format') === 'json') {
    return { kind: 'json', status: 200, body: describe(request, known, csrfToken) };
  }
  if (known && !ports.rules.readOnly) {
    return { kind: 'redirect', location: await giveCode(ports, user.actor, request, assignment) };
  }
  const page = consentPage({
    user: user.actor.name,
    application: request.application.name,
    organization: request.application.organization.name,
    description: request.application.description,
    redirectUri: request.redirectUri,
    scopes: describeScopes(request.scopes),
    fields: {
      client_id: request.application.clientId,
      redirect_uri: request.redirectUri,
      response_type: request.responseType,
      scope: request.scopes.join(' '),
      state: request.state,
      code_challenge: request.codeChallenge,
      code_challenge_method: request.codeChallenge === undefined ? undefined : 'S256',
      assignment_uuid: assignment?.uuid,
      _csrf_token: csrfToken,
    },
  });
  return { kind: 'page', page };
}

/** `POST /oauth/authorizeapp`: the user agrees. With `format=json` the answer is told to the page that asks, which is ours. */
export async function authorizeApplication(ports: WebApiPorts, context: RequestContext): Promise<Reply> {
  const fields = await readFormAndQuery(context);
  const user = await requireConsenting(ports, context, fields);
  const request = await readAuthorizationRequest(ports, context, fields, 'token');
  const assignment = await requireMayAuthorize(ports, user, request, fields.get('assignment_uuid'));
  const asJson = fields.get('format') === 'json';
  if (request.responseType === 'code') {
    const location = await giveCode(ports, user, request, assignment);
    return asJson ? { kind: 'json', status: 200, body: { location } } : { kind: 'redirect', location };
  }
  const { application, scopes } = request;
  const token = await ports.db.transaction(async (tx) => {
    await endAssignment(ports, tx, user, assignment);
    const owner = { id: user.userId, name: user.name };
    return ports.oauth.tokens.create(tx, application, { user: owner, scopes }, auditActor(user));
  });
  const answer = {
    access_token: token.secret,
    token_type: 'Bearer',
    expires_in: TOKEN_LIFETIME_SECONDS,
    scope: scopes.join(' '),
  };
  if (asJson) return { kind: 'json', status: 200, body: answer };
  return { kind: 'redirect', location: replyLocation(request, answer) };
}

/** `POST /oauth/denyapp`: the user does not agree. */
export async function denyApplication(ports: WebApiPorts, context: RequestContext): Promise<Reply> {
  const fields = await readFormAndQuery(context);
  await requireSignedIn(ports, context, fields);
  const request = await readAuthorizationRequest(ports, context, fields, 'token');
  throw new AuthorizationRefused(request, 'access_denied', 'The user does not agree');
}

async function giveCode(
  ports: WebApiPorts,
  user: UserActor,
  request: AuthorizationRequest,
  assignment: Assignment | undefined,
): Promise<string> {
  const code = await ports.db.transaction(async (tx) => {
    await endAssignment(ports, tx, user, assignment);
    return ports.oauth.codes.issue(tx, request.application, { ...request, user });
  });
  return replyLocation(request, { code });
}

type Tx = Parameters<Parameters<WebApiPorts['db']['transaction']>[0]>[0];

/** An offer is good for one answer. */
async function endAssignment(
  { oauth }: WebApiPorts,
  tx: Tx,
  user: UserActor,
  assignment: Assignment | undefined,
): Promise<void> {
  if (assignment === undefined) return;
  if (!(await oauth.assignments.end(tx, user.userId, assignment.uuid))) throw notYours();
}

/**
 * Applications of an organization are for its administrators, and for whom they have offered a token: just that one.
 * @returns the offer that is used; undefined: an administrator needs none. Errors: DENIED.
 */
async function requireMayAuthorize(
  { db, oauth }: WebApiPorts,
  user: UserActor,
  request: AuthorizationRequest,
  assignmentId: string | undefined,
): Promise<Assignment | undefined> {
  const offers =
    assignmentId === undefined || !oauth.settings.assigning
      ? []
      : await oauth.assignments.listOf(user.userId, assignmentId);
  const offer = offers.find(
    ({ applicationId, redirectUri, responseType, scopes }) =>
      applicationId === request.application.id &&
      redirectUri === request.redirectUri &&
      responseType === request.responseType &&
      scopes.join(' ') === request.scopes.join(' '),
  );
  if (offer !== undefined) return offer;
  const { role } = await resolveOrganizationAccess(db, request.application.organization.name, user);
  if (role !== 'admin') throw notYours();
  return undefined;
}

function notYours(): AppError {
  return new AppError(
    'DENIED',
    'Only administrators of its organization, and users whom they have offered a token, can authorize this application',
  );
}

/**
 * Whether the user has agreed to as much before, and the answer is of use only to the application itself. Whatever runs beside a
 * public one can ask in its name, with a verifier of its own (RFC 6749 §10.2, RFC 8252 §8.6).
 */
async function isKnown(ports: WebApiPorts, user: UserActor, request: AuthorizationRequest): Promise<boolean> {
  if (request.responseType !== 'code' || request.application.publicClient) return false;
  return coversScopes(await ports.oauth.tokens.scopesGiven(user.userId, request.application.id), request.scopes);
}

function describe(request: AuthorizationRequest, known: boolean, csrfToken: string): Readonly<Record<string, unknown>> {
  const { application, redirectUri, responseType, state } = request;
  const scopes: readonly ScopeDescription[] = describeScopes(request.scopes);
  const { name, description, applicationUri, avatarEmail, organization } = application;
  return {
    client_id: application.clientId,
    redirect_uri: redirectUri,
    response_type: responseType,
    state: state ?? null,
    scope: request.scopes.join(' '),
    scopes,
    has_dangerous_scopes: scopes.some(({ dangerous }) => dangerous),
    already_authorized: known,
    application: {
      name,
      description,
      url: applicationUri,
      avatar: avatar(name, 'app', avatarEmail),
      organization: { name: organization.name, avatar: avatar(organization.name, 'org') },
    },
    csrf_token: csrfToken,
  };
}
