import { AppError } from '../../kernel/errors.ts';
import type { RequestContext, RequestHandler } from '../../platform/http/index.ts';
import { Abort } from '../frame/answer.ts';
import { crossOriginHeaders } from '../frame/cross-origin.ts';
import type { WebApiPorts } from '../ports.ts';
import { assignToken } from './assign-token.ts';
import { AuthorizationRefused } from './authorization-request.ts';
import { authorizeApplication, denyApplication, type Reply, showAuthorization } from './authorize.ts';
import { exchangeCode, TokenRefused } from './exchange-code.ts';
import { messagePage, PAGE_HEADERS, sendPage, tokenPage } from './pages.ts';

type Endpoint = (ports: WebApiPorts, context: RequestContext) => Promise<Reply>;

interface Route {
  readonly method: 'GET' | 'POST';
  readonly endpoint: Endpoint;
  /** Programs in browsers call it, from other origins too. */
  readonly crossOrigin?: boolean;
}

const ROUTES: ReadonlyMap<string, Route> = new Map([
  ['/oauth/authorize', { method: 'GET', endpoint: showAuthorization }],
  ['/oauth/authorizeapp', { method: 'POST', endpoint: authorizeApplication }],
  ['/oauth/denyapp', { method: 'POST', endpoint: denyApplication }],
  ['/oauth/authorize/assignuser', { method: 'POST', endpoint: assignToken }],
  ['/oauth/access_token', { method: 'POST', endpoint: exchangeCode, crossOrigin: true }],
]);

/**
 * `/oauth` (Quay's addresses, RFC 6749): where applications get tokens that act for a user who agrees. Failures come as a page to whoever
 * asks with a browser, else in the shapes of the RFC or of the API.
 */
export function createOAuthHandler(ports: WebApiPorts): RequestHandler {
  const local: Route = { method: 'GET', endpoint: showToken };
  const routes = new Map([...ROUTES, [ports.oauth.settings.localHandler, local] as const]);
  return async (context) => {
    const { method, path } = context;
    const route = routes.get(path);
    if (route === undefined) throw new AppError('NOT_FOUND', 'There is no such page');
    const cross = route.crossOrigin === true ? crossOriginHeaders(ports.rules.allowedOrigins, context.req) : [];
    if (method === 'OPTIONS' && route.crossOrigin === true) {
      context.res.writeHead(204, [...cross]);
      context.res.end();
      return;
    }
    try {
      if (method !== route.method && !(method === 'HEAD' && route.method === 'GET')) throw unsupported(method, route);
      if (route.method === 'POST' && ports.rules.readOnly) throw readOnly();
      send(context, await route.endpoint(ports, context), cross);
    } catch (error) {
      if (!sendFailure(context, error, cross)) throw error;
    }
  };
}

/** LOCAL_OAUTH_HANDLER: where a user ends who makes a token for himself. */
function showToken(_ports: WebApiPorts, { query }: RequestContext): Promise<Reply> {
  if (new URLSearchParams(query).get('format') !== 'json') return Promise.resolve({ kind: 'page', page: tokenPage() });
  const message = 'The token is in the fragment of the address that led here, as access_token';
  return Promise.resolve({ kind: 'json', status: 200, body: { message } });
}

function unsupported(method: string, route: Route): AppError {
  return new AppError('UNSUPPORTED', `"${method.slice(0, 20)}" is not possible here; use ${route.method}`, {
    headers: { Allow: route.method },
  });
}

function readOnly(): Abort {
  const body = { message: 'The registry is in read-only mode; nothing can be changed now', is_readonly: true };
  return new Abort({ status: 503, body });
}

function send({ res, method }: RequestContext, reply: Reply, cross: readonly string[]): void {
  if (reply.kind === 'page') {
    sendPage(res, reply.page, method !== 'HEAD');
  } else if (reply.kind === 'redirect') {
    redirect(res, reply.location);
  } else {
    sendJson(res, reply.status, reply.body, cross);
  }
}

function redirect(res: RequestContext['res'], location: string): void {
  res.writeHead(302, { ...PAGE_HEADERS, Location: location, 'Content-Length': 0 });
  res.end();
}

function sendJson(res: RequestContext['res'], status: number, body: unknown, headers: readonly string[]): void {
  const bytes = Buffer.from(JSON.stringify(body));
  const common = Object.entries(PAGE_HEADERS).flat();
  const length = ['Content-Type', 'application/json', 'Content-Length', String(bytes.length)];
  res.writeHead(status, [...common, ...headers, ...length]);
  res.end(bytes);
}

/** @returns false for what is not for the client to know; the pipeline answers that. */
function sendFailure(context: RequestContext, error: unknown, cross: readonly string[]): boolean {
  const { req, res, method } = context;
  if (error instanceof AuthorizationRefused) {
    redirect(res, error.location);
  } else if (error instanceof TokenRefused) {
    const wrongClient = error.code === 'invalid_client';
    const challenge = wrongClient ? ['WWW-Authenticate', `Basic realm="${context.origin}/oauth"`] : [];
    const body = { error: error.code, error_description: error.message };
    sendJson(res, wrongClient ? 401 : 400, body, [...cross, ...challenge]);
  } else if (error instanceof Abort) {
    sendJson(res, error.answer.status, error.answer.body, cross);
  } else if (error instanceof AppError && error.status < 500 && wantsPage(context)) {
    const page = messagePage(error.status, 'This did not work', error.message);
    sendPage(res, { ...page, headers: error.headers }, method !== 'HEAD');
  } else {
    return false;
  }
  // What was not read of the request must not be taken for the next one.
  if (!req.complete) req.resume();
  return true;
}

function wantsPage({ req, query }: RequestContext): boolean {
  return (req.headers.accept ?? '').includes('text/html') && new URLSearchParams(query).get('format') !== 'json';
}
