import { type Application, type BasicCredentials, parseBasicCredentials } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { RequestContext } from '../../platform/http/index.ts';
import type { WebApiPorts } from '../ports.ts';
import type { Reply } from './authorize.ts';
import { type Fields, readForm } from './read-fields.ts';

/** A failure in the shape of RFC 6749 §5.2. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly code: string;

  constructor(code: string, description: string) {
    super(description);
    this.code = code;
  }
}

/**
 * `POST /oauth/access_token`: an application turns its code into a token (RFC 6749 §4.1.3, RFC 7636 §4.5). It proves itself by its secret,
 * in the form or as Basic credentials; a public one by PKCE alone. Parameters of the address do not count: they end up in logs.
 */
export async function exchangeCode(ports: WebApiPorts, context: RequestContext): Promise<Reply> {
  const { db, oauth } = ports;
  const fields = await readTokenForm(context);
  const grantType = required(fields, 'grant_type');
  if (grantType !== 'authorization_code') {
    throw new TokenRefused('unsupported_grant_type', 'The grant_type must be "authorization_code"');
  }
  const application = await authenticateClient(ports, context, fields);
  const presented = {
    code: required(fields, 'code'),
    redirectUri: required(fields, 'redirect_uri'),
    codeVerifier: fields.get('code_verifier'),
  };
  // What ends with a code that was used twice must stay ended, so the refusal is no error of the transaction.
  const token = await db.transaction((tx) => oauth.codes.exchange(tx, application, presented));
  if (token === undefined) {
    throw new TokenRefused(
      'invalid_grant',
      'The code is wrong, has expired, was used before, or was given for another redirect_uri or code_verifier',
    );
  }
  const body = {
    access_token: token.secret,
    token_type: 'Bearer',
    expires_in: token.expiresInSeconds,
    scope: token.scopes.join(' '),
  };
  return { kind: 'json', status: 200, body };
}

async function readTokenForm(context: RequestContext): Promise<Fields> {
  try {
    return await readForm(context);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'INVALID_REQUEST') throw error;
    throw new TokenRefused('invalid_request', error.message);
  }
}

/** Unknown, wrong and missing are refused alike. */
async function authenticateClient(
  { oauth }: WebApiPorts,
  context: RequestContext,
  fields: Fields,
): Promise<Application> {
  const header = context.req.headers.authorization;
  const basic = header === undefined ? undefined : readBasic(header);
  if (basic !== undefined && fields.has('client_secret')) {
    throw new TokenRefused('invalid_request', 'The client_secret is there twice; send it in one way only');
  }
  const clientId = basic?.login ?? required(fields, 'client_id');
  if ((fields.get('client_id') ?? clientId) !== clientId) {
    throw new TokenRefused('invalid_request', 'The client_id is there twice, with different values');
  }
  const secret = basic?.secret ?? fields.get('client_secret') ?? '';
  const application = await oauth.applications.find(clientId);
  if (application !== undefined && isProven(oauth, application, secret)) return application;
  throw new TokenRefused('invalid_client', 'The client_id or client_secret is wrong');
}

/** A public client has nothing to prove: its code is bound to a verifier that only it knows. */
function isProven({ applications }: WebApiPorts['oauth'], application: Application, secret: string): boolean {
  if (secret === '') return application.publicClient;
  return applications.isSecretOf(application, secret);
}

/** Both parts are form-encoded (RFC 6749 §2.3.1). */
function readBasic(header: string): BasicCredentials {
  const credentials = parseBasicCredentials(header);
  if (credentials === undefined) throw new TokenRefused('invalid_client', 'The Authorization header must be Basic');
  const [login = '', secret = ''] = [credentials.login, credentials.secret].map(
    (part) => new URLSearchParams(`part=${part.replaceAll('&', '%26')}`).get('part') ?? '',
  );
  return { login, secret };
}

function required(fields: Fields, name: string): string {
  const value = fields.get(name);
  if (value === undefined || value === '') {
    throw new TokenRefused('invalid_request', `The parameter "${name}" is missing`);
  }
  return value;
}
