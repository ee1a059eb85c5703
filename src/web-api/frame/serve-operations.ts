import type { Actor, CsrfTokens } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { RequestContext, RequestHandler } from '../../platform/http/index.ts';
import { Abort, type Answer, sendAnswer } from './answer.ts';
import { authorizeCall, type AuthorizePorts, refusal } from './authorize-call.ts';
import { isPlainBrowserRequest } from './browser-rule.ts';
import { crossOriginHeaders } from './cross-origin.ts';
import { type Caller, actorOf, type CallerPorts, findCaller } from './find-caller.ts';
import type { Call, Operation } from './operation.ts';
import type { OperationTable } from './operation-table.ts';
import { readJson, readParameters } from './read-request.ts';

export interface ApiRules {
  /** REGISTRY_STATE is `readonly`: nothing may be changed. */
  readonly readOnly: boolean;
  /** FEATURE_ANONYMOUS_ACCESS. */
  readonly anonymousAccess: boolean;
  /** BROWSER_API_CALLS_XHR_ONLY. */
  readonly scriptsOnly: boolean;
  /** CORS_ORIGIN. */
  readonly allowedOrigins: readonly string[];
  /** FRESH_LOGIN_TIMEOUT, milliseconds. */
  readonly freshLoginMs: number;
}

export interface ServePorts extends AuthorizePorts, CallerPorts {
  readonly rules: ApiRules;
  readonly csrf: CsrfTokens;
  readonly now: () => number;
}

/** Carries the CSRF token with a change; the parameter does as well, as in Quay. */
const CSRF_HEADER = 'x-csrf-token';
const CSRF_PARAMETER = '_csrf_token';

/**
 * Answers every operation of the table, in Quay's order: who calls, then whether he may, and only then what the request says.
 * Errors are thrown as `AppError` for the pipeline to answer in Quay's shape.
 */
export function serveOperations(table: OperationTable, ports: ServePorts): RequestHandler {
  return async (context) => {
    const { req, res, method } = context;
    const common = crossOriginHeaders(ports.rules.allowedOrigins, req);
    try {
      sendAnswer(res, await answerCall(table, ports, context), common, method !== 'HEAD');
    } catch (error) {
      if (error instanceof AppError) throw withHeaders(error, common);
      if (!(error instanceof Abort)) throw error;
      sendAnswer(res, error.answer, common, method !== 'HEAD');
    }
  };
}

/** Scripts of other origins may read why they were refused, too. */
function withHeaders(error: AppError, common: readonly string[]): AppError {
  const headers = Object.fromEntries(
    Array.from({ length: common.length / 2 }, (_, i) => [common[2 * i], common[2 * i + 1]]),
  );
  return new AppError(error.code, error.message, {
    detail: error.detail,
    cause: error,
    headers: { ...headers, 'Cache-Control': 'no-store', ...error.headers },
  });
}

async function answerCall(table: OperationTable, ports: ServePorts, context: RequestContext): Promise<Answer> {
  if (context.method === 'OPTIONS') {
    const allow = [...table.methodsAt(context.path), 'OPTIONS'].join(', ');
    return { status: 200, headers: { Allow: allow } };
  }
  const { operation, params } = table.match(context.method, context.path);
  const { rules } = ports;
  if (operation.method === 'GET' && rules.scriptsOnly && isPlainBrowserRequest(context.req)) {
    throw new AppError(
      'INVALID_REQUEST',
      'API calls from a browser need the header "X-Requested-With: XMLHttpRequest"',
    );
  }
  const parameters = new URLSearchParams(context.query);
  const caller = await findCaller(ports, context);
  if (operation.method !== 'GET') {
    checkCsrf(ports.csrf, operation, caller, context, parameters);
    if (rules.readOnly && operation.flags?.worksReadOnly !== true) refuseChange();
  }
  const actor = actorOf(caller);
  if (actor.kind === 'anonymous' && !rules.anonymousAccess && operation.flags?.anonymousAllowed !== true) {
    throw refusal(actor);
  }
  const granted = await authorizeCall(ports, operation, actor, params);
  if (operation.flags?.freshLogin === true) checkFreshLogin(caller, actor, rules.freshLoginMs, ports.now());
  const call: Call<unknown, unknown> = {
    context,
    caller,
    actor,
    params,
    granted,
    query: operation.query === undefined ? undefined : readParameters(parameters, operation.query),
    body: operation.body === undefined ? undefined : await readJson(context, operation.body),
  };
  const given = await operation.handle(call);
  return operation.flags?.deprecated === true
    ? { ...given, headers: { ...given.headers, Deprecation: 'true' } }
    : given;
}

/**
 * A cookie is sent by any page, so a page must prove to be ours; `Authorization` is not. Who sends a token that is not valid is told
 * that rather than anything about CSRF, unless the operation is for callers without one.
 */
function checkCsrf(
  csrf: CsrfTokens,
  { flags, permission }: Operation,
  caller: Caller,
  { req }: RequestContext,
  parameters: URLSearchParams,
): void {
  const byToken =
    caller.kind === 'token' || (caller.kind === 'nobody' && caller.refusedToken && permission.kind !== 'anyone');
  if (byToken || flags?.withoutSession === true) return;
  const sent = req.headers[CSRF_HEADER] ?? parameters.get(CSRF_PARAMETER);
  if (caller.cookie !== undefined && typeof sent === 'string' && csrf.matches(caller.cookie, sent)) return;
  throw new Abort({
    status: 403,
    body: { error: `CSRF token was invalid or missing. (authorized: ${caller.kind === 'session'})` },
  });
}

function refuseChange(): never {
  throw new Abort({
    status: 503,
    body: { message: 'The registry is in read-only mode; nothing can be changed now', is_readonly: true },
  });
}

/**
 * Errors: FRESH_LOGIN_REQUIRED; UNAUTHORIZED and DENIED for callers who have no password to give. A token is as fresh as it ever
 * was: whoever has it need not know a password.
 */
function checkFreshLogin(caller: Caller, actor: Actor, freshLoginMs: number, now: number): void {
  if (actor.kind !== 'user') throw refusal(actor);
  if (caller.kind === 'session' && caller.session.verifiedAt + freshLoginMs <= now) {
    throw new AppError('FRESH_LOGIN_REQUIRED', 'Sign in again to do this: the last time was too long ago');
  }
}
