import { auditActor, findAccount, resolveOrganizationAccess } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { isNamespaceName } from '../../kernel/reference.ts';
import type { RequestContext } from '../../platform/http/index.ts';
import type { WebApiPorts } from '../ports.ts';
import { AuthorizationRefused, type AuthorizationRequest, readAuthorizationRequest } from './authorization-request.ts';
import type { Reply } from './authorize.ts';
import { requireSignedIn } from './find-user.ts';
import { messagePage } from './pages.ts';
import { type Fields, readFormAndQuery } from './read-fields.ts';

/**
 * `POST /oauth/authorize/assignuser`: an administrator of the application's organization offers a token to a user, who then
 * authorizes the application himself. Errors: UNAUTHORIZED, DENIED, INVALID_REQUEST, NOT_FOUND.
 */
export async function assignToken(ports: WebApiPorts, context: RequestContext): Promise<Reply> {
  const { db, oauth } = ports;
  if (!oauth.settings.assigning) throw new AppError('NOT_FOUND', 'Tokens cannot be offered to others here');
  const fields = await readFormAndQuery(context);
  const actor = await requireSignedIn(ports, context, fields);
  const request = await readOffer(ports, context, fields);
  const { application, redirectUri, scopes, responseType } = request;
  const { role } = await resolveOrganizationAccess(db, application.organization.name, actor);
  if (role !== 'admin') throw new AppError('DENIED', 'Only administrators of its organization can offer its tokens');
  const username = fields.get('username') ?? '';
  // Robots have no say in what applications do.
  const user = isNamespaceName(username) ? await findAccount(db, username) : undefined;
  if (user === undefined) throw new AppError('NOT_FOUND', 'There is no such user');
  const offer = { user: { id: user.userId, name: user.name }, redirectUri, scopes, responseType };
  await db.transaction((tx) => oauth.assignments.assign(tx, application, offer, auditActor(actor)));
  // Clients of Quay look for this text.
  const message = 'Token assigned successfully';
  if (fields.get('format') === 'json') return { kind: 'json', status: 200, body: { message } };
  return { kind: 'page', page: messagePage(200, message, `${user.name} can agree to it in the account settings.`) };
}

/** Whoever offers is told what is wrong, not the application. */
async function readOffer(ports: WebApiPorts, context: RequestContext, fields: Fields): Promise<AuthorizationRequest> {
  try {
    return await readAuthorizationRequest(ports, context, fields, 'token');
  } catch (error) {
    if (!(error instanceof AuthorizationRefused)) throw error;
    throw new AppError('INVALID_REQUEST', error.message, { cause: error });
  }
}
