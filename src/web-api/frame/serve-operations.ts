import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { CsrfTokens } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { type RequestContext, type RequestHandler, readBody } from '../../platform/http/index.ts';
import { Abort, type Answer, sendAnswer } from './answer.ts';
import { authorizeCall, type AuthorizePorts, refusal } from './authorize-call.ts';
import { isPlainBrowserRequest } from './browser-rule.ts';
import { crossOriginHeaders } from './cross-origin.ts';
import { type Caller, actorOf, type CallerPorts, findCaller } from './find-caller.ts';
import type { Call, Operation } from './operation.ts';
import type { OperationTable } from './operation-table.ts';

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

/** Longest accepted JSON body, in bytes. */
const BODY_MAX = 1024 * 1024;

const JSON_TYPE = /^application\/(?:[a-z0-9.-]+\+)?json *(?:;|$)/i;

const SECURITY_HEADERS = ['X-Content-Type-Options', 'nosniff', 'Content-Security-Policy', "default-src 'none'"];

/**
 * Answers every operation of the table, in Quay's order: who calls, then whether he may, and only then what the request says.
 * Errors are thrown as `AppError` for the pipeline to answer in Quay's shape.
 */
export function serveOperations(table: OperationTable, ports: ServePorts): RequestHandler {
  return async (context) => {
    const { req, res, method } = context;
    const common = [...SECURITY_HEADERS, ...crossOriginHeaders(ports.rules.allowedOrigins, req)];
    if (method === 'OPTIONS') {
      if (table.methodsAt(context.path) === undefined) table.match('GET', context.path);
      sendAnswer(res, { status: 200 }, common, false);
      return;
    }
    try {
      sendAnswer(res, await answerCall(table, ports, context), common, method !== 'HEAD');
    } catch (error) {
      if (!(error instanceof Abort)) throw error;
      sendAnswer(res, error.answer, common, method !== 'HEAD');
    }
  };
}

async function answerCall(table: OperationTable, ports: ServePorts, context: RequestContext): Promise<Answer> {
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
  if (operation.flags?.freshLogin === true) checkFreshLogin(caller, rules.freshLoginMs, ports.now());
  const call: Call<unknown, unknown> = {
    context,
    caller,
    actor,
    params,
    granted,
    query: operation.query === undefined ? undefined : readParameters(parameters, operation.query),
    body: operation.body === undefined ? undefined : await readJson(context, operation.body),
  };
  return operation.handle(call);
}

/**
 * A cookie is sent by any page, so a page must prove to be ours; `Authorization` is not, and who sends one that is not valid
 * learns that rather than anything about CSRF.
 */
function checkCsrf(
  csrf: CsrfTokens,
  { flags }: Operation,
  caller: Caller,
  { req }: RequestContext,
  parameters: URLSearchParams,
): void {
  const byToken = caller.kind === 'token' || (caller.kind === 'nobody' && caller.refusedToken);
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

/** Errors: FRESH_LOGIN_REQUIRED. A token is as fresh as it ever was: whoever has it need not know a password. */
function checkFreshLogin(caller: Caller, freshLoginMs: number, now: number): void {
  if (caller.kind === 'session' && caller.session.verifiedAt + freshLoginMs <= now) {
    throw new AppError('FRESH_LOGIN_REQUIRED', 'Sign in again to do this: the last time was too long ago');
  }
}

/** Every parameter is text; the schema of an operation turns it into what is meant. Of several the last counts. */
function readParameters(parameters: URLSearchParams, schema: z.ZodType): unknown {
  return check(schema, Object.fromEntries(parameters), 'parameter');
}

/**
 * Reads and checks a JSON body. It must be called JSON: then no form of a foreign web page can send it. Errors: INVALID_REQUEST
 * that lists every fault with its path.
 */
async function readJson(context: RequestContext, schema: z.ZodType): Promise<unknown> {
  if (!hasBody(context.req) && schema.safeParse(undefined).success) return undefined;
  if (!JSON_TYPE.test(context.req.headers['content-type'] ?? '')) {
    throw new AppError('INVALID_REQUEST', 'The body must be sent with "Content-Type: application/json"');
  }
  const body = await readBody(context, BODY_MAX, () => {
    return new AppError('INVALID_REQUEST', `The body may have ${BODY_MAX} bytes`);
  });
  return check(schema, parse(body.toString('utf8')), 'body');
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function check(schema: z.ZodType, value: unknown, what: string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || what}: ${issue.message}`);
  throw new AppError('INVALID_REQUEST', faults.join('; '));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('INVALID_REQUEST', 'The body is not valid JSON', { cause: error });
  }
}
