import type { RequestHandler } from '../platform/http/index.ts';
import { answer, sendAnswer } from './frame/answer.ts';
import { onlyReading } from './frame/only-reading.ts';
import { readCookie } from './frame/read-cookie.ts';
import type { WebApiPorts } from './ports.ts';
import { sessionCookie } from './session-cookie.ts';

/**
 * `GET /csrf_token` (Quay's): the token that goes with the session, the same as long as it lasts. Who has no cookie yet gets
 * one, since signing in needs the token too. Not for pages of other origins: it answers without any CORS header.
 */
export function createCsrfTokenHandler(ports: Pick<WebApiPorts, 'sessions' | 'csrf' | 'cookie'>): RequestHandler {
  return (context) => {
    const { method, req, res } = context;
    onlyReading(context, '/csrf_token');
    const sent = readCookie(req.headers.cookie, ports.cookie.name);
    const cookie = sent === undefined || sent === '' ? ports.sessions.newCookie() : sent;
    const headers = cookie === sent ? {} : sessionCookie(ports.cookie, context, cookie);
    sendAnswer(res, answer({ csrf_token: ports.csrf.of(cookie) }, 200, headers), [], method === 'GET');
  };
}
