import type { AuditEntry } from '../../audit/index.ts';
import { CredentialsRefused, parseBasicCredentials } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { RequestHandler } from '../../platform/http/index.ts';
import { answer, sendAnswer } from '../frame/answer.ts';
import type { WebApiPorts } from '../ports.ts';

const PATH = '/oauth2/federation/robot/token';

/** The same words whatever is wrong, so that they tell nobody which robots there are and whom they trust. */
const REFUSED =
  'The token was not accepted for this robot; its administrator can test the token (…/federation/test) to see why';

/**
 * `GET /oauth2/federation/robot/token` (Quay's): Basic credentials with the robot's full name and a token of an OpenID Connect
 * issuer that the robot trusts; answers `{token}`, its password for the next hour. Refusals: 401 `{error}`.
 */
export function createRobotTokenExchange(
  ports: Pick<WebApiPorts, 'robotFederation'> & { readonly record: (entry: AuditEntry) => void },
): RequestHandler {
  return async ({ method, path, req, res, clientAddress }) => {
    if (path.replace(/\/$/, '') !== PATH) throw new AppError('NOT_FOUND', 'There is nothing at this address');
    if (method !== 'GET') {
      throw new AppError('UNSUPPORTED', `"${method.slice(0, 20)}" is not possible here; use GET`, {
        headers: { Allow: 'GET' },
      });
    }
    const basic = parseBasicCredentials(req.headers.authorization ?? '');
    const refuse = (error: string): void =>
      sendAnswer(res, answer({ error }, 401, { 'WWW-Authenticate': 'Basic realm="robot token exchange"' }), [], true);
    if (basic === undefined)
      return refuse('Send the name of the robot and a token of your issuer as Basic credentials');
    try {
      const exchanged = await ports.robotFederation.exchange(basic.login, basic.secret, clientAddress);
      if (exchanged === undefined) return refuse(REFUSED);
      ports.record(exchanged.record);
      sendAnswer(res, answer({ token: exchanged.token, expires_in: exchanged.expiresInSeconds }), [], true);
    } catch (error) {
      if (!(error instanceof CredentialsRefused)) throw error;
      refuse(error.message);
    }
  };
}
