import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { isAcceptableRequestId, type RequestIds } from '../log/index.ts';
import { errorBody } from './error-bodies.ts';
import { normalizeError } from './normalize-error.ts';
import { answerEarly, drainBody, type DrainLimits } from './refuse-request.ts';
import { type PreparedMount, RequestScope, type ServerState } from './request-scope.ts';
import type { MountedResponse } from './response.ts';

export interface PipelineOptions {
  readonly state: ServerState;
  /** Longest prefix first; the last one matches everything. */
  readonly mounts: readonly PreparedMount[];
  readonly nextId: RequestIds;
  readonly clock: Clock;
  readonly drainLimits: DrainLimits;
}

/** Takes each request from its head to the end of its answer. */
export class Pipeline {
  /** Requests whose answer is not finished. */
  readonly active = new Set<RequestScope>();
  readonly #options: PipelineOptions;
  readonly #drain: (req: IncomingMessage, done: () => void) => void;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#drain = (req, done) => drainBody(req, options.drainLimits, options.clock, done);
  }

  handle(req: IncomingMessage, res: MountedResponse, awaitsContinue: boolean): void {
    const coding = req.headers['transfer-encoding']?.toLowerCase();
    // A body whose end cannot be found (RFC 9112 §6.3): the parser hands over its request first and objects right after, and
    // that objection is what gets answered.
    if (coding !== undefined && !coding.endsWith('chunked')) return;
    const { state } = this.#options;
    const url = originForm(req.url ?? '/');
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = mark < 0 ? '' : url.slice(mark + 1);
    const mount = this.#findMount(path);
    const scope = new RequestScope(state, mount, { id: this.#requestId(req), path, query, awaitsContinue }, req, res);
    res.scope = scope;
    this.active.add(scope);
    mount.recorder.start();
    res.on('close', this.#onClose);
    res.on('error', onResponseError);
    try {
      if (coding !== undefined && coding !== 'chunked') refuseTransferCoding(coding);
      const running = mount.handler(scope);
      if (running !== undefined) void this.#settle(scope, running);
    } catch (error) {
      this.#fail(scope, error);
    }
  }

  async #settle(scope: RequestScope, running: Promise<void>): Promise<void> {
    try {
      await running;
      if (!scope.res.writableEnded && !scope.res.destroyed) throw new Error('The handler ended without an answer');
    } catch (error) {
      this.#fail(scope, error);
    }
  }

  #fail(scope: RequestScope, thrown: unknown): void {
    const { req, res } = scope;
    // Whatever it was, it cannot be told any more; most likely it is the very loss of the client.
    if (res.destroyed || req.socket.destroyed) {
      scope.log.debug({ err: thrown }, 'client went away');
      return;
    }
    const error = normalizeError(thrown, scope.id);
    // Who comes too early is told to come again; there is nothing wrong.
    if (error.code === 'STARTING_UP') scope.quiet = true;
    else if (error.status >= 500) {
      scope.log.error({ err: thrown, code: error.code, path: scope.path }, 'request failed');
    }
    if (res.headersSent) {
      if (error.status < 500)
        scope.log.warn({ err: thrown, path: scope.path }, 'request failed after its answer began');
      req.socket.destroy();
      return;
    }
    for (const name of res.getHeaderNames()) res.removeHeader(name);
    const body = Buffer.from(errorBody(scope.errors, error, scope));
    const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length, ...error.headers };
    answerEarly(scope, error.status, headers, body, this.#drain);
  }

  readonly #onClose = onCloseOf((scope) => this.#finish(scope));

  #finish(scope: RequestScope): void {
    if (!this.active.delete(scope)) return;
    const { req, res } = scope;
    const status = res.writableFinished ? res.statusCode : 499;
    const milliseconds = performance.now() - scope.startedAt;
    scope.mount.recorder.finish(scope.route, scope.method, status, milliseconds);
    logAccess(scope, status, milliseconds);
    const { socket } = req;
    if (socket.destroyed) return;
    if (!res.writableFinished) socket.destroy();
    else if (scope.hasPendingBody) this.#drain(req, () => void (req.complete || socket.destroy()));
    else if (scope.server.draining && !this.isAnswering(socket)) socket.destroySoon();
  }

  /** A response that waits behind another one of its connection has no `close` of its own when that is lost. */
  connectionClosed(socket: Socket): void {
    for (const scope of this.active) if (scope.req.socket === socket) this.#finish(scope);
  }

  /** Whether a request of this connection is being answered. */
  isAnswering(socket: Socket): boolean {
    for (const scope of this.active) if (scope.req.socket === socket) return true;
    return false;
  }

  #findMount(path: string): PreparedMount {
    const { mounts } = this.#options;
    for (const mount of mounts) {
      const { prefix } = mount;
      if (path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === SLASH))
        return mount;
    }
    return mounts[mounts.length - 1] ?? unreachable();
  }

  #requestId(req: IncomingMessage): string {
    const sent = req.headers['x-request-id'];
    const usable = typeof sent === 'string' && isAcceptableRequestId(sent) && this.#options.state.trust.trusts(req);
    return usable ? sent : this.#options.nextId();
  }
}

const SLASH = 47;

function unreachable(): never {
  throw new Error('A server has at least one mount');
}

function refuseTransferCoding(coding: string): never {
  throw new AppError(
    'INVALID_REQUEST',
    `The transfer coding "${coding.slice(0, 100)}" is not understood; send the body as it is, with a length or in chunks`,
  );
}

/** One listener for all responses: a closure for each would be paid on each request. */
function onCloseOf(finish: (scope: RequestScope) => void): (this: MountedResponse) => void {
  return function onClose(this: MountedResponse) {
    if (this.scope !== undefined) finish(this.scope);
  };
}

/** Without a listener, writing after the end would bring the process down. */
function onResponseError(this: MountedResponse, error: Error): void {
  this.scope?.log.warn({ err: error }, 'answer broken off');
}

/** The target of a request to a proxy is a whole URL (RFC 9112 §3.2.2); only its path and query matter. */
function originForm(url: string): string {
  if (url.startsWith('/') || url === '*') return url;
  const match = /^https?:\/\/[^/?#]*(.*)$/i.exec(url);
  const rest = match?.[1] ?? '';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/**
 * Writes and failures at `info`, successful reads and the 401 and 404 that belong to every pull at `debug`, faults of the
 * server at `warn`.
 */
function logAccess(scope: RequestScope, status: number, milliseconds: number): void {
  const reads = scope.method === 'GET' || scope.method === 'HEAD' || scope.method === 'OPTIONS';
  const quiet = reads && (status < 400 || status === 401 || status === 404 || status === 416);
  // What a limit has refused is told in one line for many: a flood of requests must not become a flood of lines.
  const isQuiet = scope.quiet || quiet || status === 429;
  const level = isQuiet ? 'debug' : status >= 500 ? 'warn' : 'info';
  if (!scope.server.log.isLevelEnabled(level)) return;
  scope.server.log[level](
    {
      request: scope.id,
      method: scope.method,
      path: scope.path.slice(0, 1024),
      status,
      ms: Math.round(milliseconds * 10) / 10,
      client: scope.clientAddress,
      agent: scope.req.headers['user-agent']?.slice(0, 200),
    },
    'request',
  );
}

/** What is answered where nothing is mounted. */
export function answerNothingHere(context: { readonly path: string }): never {
  throw new AppError('NOT_FOUND', `There is nothing at "${context.path.slice(0, 200)}"; check the address`);
}
