import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../../kernel/clock.ts';
import { createRequestIds } from '../log/index.ts';
import type { HttpMetrics } from '../metrics/index.ts';
import { answerBadHttp } from './answer-bad-http.ts';
import type { Mount } from './context.ts';
import { answerNothingHere, Pipeline } from './pipeline.ts';
import type { DrainLimits } from './refuse-request.ts';
import { createProxyTrust } from './resolve-client.ts';
import type { PreparedMount, ServerState } from './request-scope.ts';
import { MountedResponse } from './response.ts';

export interface HttpConfig {
  /** Proxies whose forwarding headers are believed: addresses or `address/bits`. Default none. */
  readonly trustedProxies?: readonly string[];
  /**
   * A client that neither sends nor takes a byte for this long while we wait for it is cut off. Default 10 min: one that
   * unpacks while it pulls, or compresses while it pushes, may be silent for minutes.
   */
  readonly idleTimeoutMs?: number;
  /** How long an unused connection is kept; must exceed that of a load balancer in front. Default 75 s. */
  readonly keepAliveTimeoutMs?: number;
  /** Limits of reading on behind a refusal. Default 128 MiB and 30 s. */
  readonly drainLimits?: DrainLimits;
}

export interface HttpServerOptions {
  readonly mounts: readonly Mount[];
  readonly log: Logger;
  readonly metrics: HttpMetrics;
  readonly config: HttpConfig;
  readonly clock: Clock;
}

export interface ListenOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** All addresses when absent. */
  readonly host?: string;
  /** Lets other processes listen on the same port. */
  readonly reusePort?: boolean;
}

export interface HttpServer {
  /** Rejects when the port is taken. */
  listen(options: ListenOptions): Promise<AddressInfo>;
  /** True from the first call of `drain`; health answers 503 then. */
  readonly draining: boolean;
  /** Requests whose answer is not finished. */
  readonly inFlight: number;
  /**
   * Ends service: for `noticeMs` only `draining` tells (so that load balancers turn away), then nothing new is accepted,
   * answers carry `Connection: close`, and what still runs after `timeoutMs` more is cut off.
   */
  drain(options: { readonly timeoutMs: number; readonly noticeMs?: number }): Promise<void>;
}

type MountedServer = Server<typeof IncomingMessage, typeof MountedResponse>;

const MAX_HEADER_BYTES = 64 * 1024;

/** Makes the one HTTP server that everything is mounted on. It listens when told to. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { config, clock, log } = options;
  const state: ServerState = { log, trust: createProxyTrust(config.trustedProxies ?? []), draining: false };
  const pipeline = new Pipeline({
    state,
    mounts: prepareMounts(options),
    nextId: createRequestIds(),
    clock,
    drainLimits: config.drainLimits ?? { maxBytes: 128 * 1024 * 1024, maxMs: 30_000 },
  });
  const server = createServer({
    ServerResponse: MountedResponse,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: 30_000,
    // The default would cut every upload after five minutes; the idle timeout takes its place.
    requestTimeout: 0,
    keepAliveTimeout: config.keepAliveTimeoutMs ?? 75_000,
    noDelay: true,
  });
  server.on('request', (req, res) => pipeline.handle(req, res, false));
  server.on('checkContinue', (req, res) => pipeline.handle(req, res, true));
  server.on('connection', (socket) => socket.on('close', () => pipeline.connectionClosed(socket)));
  server.on('clientError', (error, socket) => {
    log.debug({ err: error }, 'malformed request');
    const started = [...pipeline.active].some((scope) => scope.req.socket === socket && scope.res.headersSent);
    answerBadHttp(error, socket, started);
  });
  cutIdleClients(server, pipeline, config.idleTimeoutMs ?? 600_000, log);
  return {
    listen: (where) => listen(server, where),
    get draining() {
      return state.draining;
    },
    get inFlight() {
      return pipeline.active.size;
    },
    async drain({ timeoutMs, noticeMs = 0 }) {
      state.draining = true;
      if (noticeMs > 0) await new Promise<void>((resolve) => void clock.after(noticeMs, resolve));
      await close(server, clock, timeoutMs);
    },
  };
}

function prepareMounts(options: HttpServerOptions): PreparedMount[] {
  const nothing: Mount = { prefix: '', errors: 'quay', handler: answerNothingHere };
  return [...options.mounts, nothing]
    .map((mount) => {
      const prefix = mount.prefix === '/' ? '' : mount.prefix;
      const fixedHeaders = Object.entries(mount.headers ?? {}).flat();
      return { ...mount, prefix, fixedHeaders, recorder: options.metrics.forMount(mount.prefix || 'none') };
    })
    .toSorted((a, b) => b.prefix.length - a.prefix.length);
}

function listen(server: MountedServer, where: ListenOptions): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(listenError(error, where));
    server.once('error', onError);
    server.listen({ ...where, backlog: 1024 }, () => {
      server.off('error', onError);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('The server does not listen on a port'));
      else resolve(address);
    });
  });
}

/** What an operator can do about it, where that is known. */
function listenError(error: NodeJS.ErrnoException, { port, host }: ListenOptions): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} is in use by another program; stop that one, or choose another port`,
    EACCES: `Port ${port} may not be opened by this user; choose one above 1023, or allow it`,
    EADDRNOTAVAIL: `This machine does not have the address "${host}"; choose one that it has`,
    ENOTFOUND: `The host name "${host}" is not known; write an address of this machine`,
  };
  const reason = reasons[error.code ?? ''];
  return reason === undefined ? error : new Error(reason, { cause: error });
}

function close(server: MountedServer, clock: Clock, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs, () => server.closeAllConnections());
    server.close(() => {
      cancel();
      resolve();
    });
  });
}

/** Node's timer of a socket starts anew with every byte in either direction, so it costs a request nothing. */
function cutIdleClients(server: MountedServer, pipeline: Pipeline, idleTimeoutMs: number, log: Logger): void {
  server.setTimeout(idleTimeoutMs, (socket: Socket) => {
    const scopes = [...pipeline.active].filter((scope) => scope.req.socket === socket);
    if (scopes.length > 0 && socket.writableLength === 0 && !scopes.some(awaitsClient)) {
      // The silence is ours: the client waits for work that is still going on.
      socket.setTimeout(idleTimeoutMs);
      return;
    }
    if (scopes.length > 0) log.info({ requests: scopes.map((scope) => scope.id) }, 'idle client cut off');
    socket.destroy();
  });
}

function awaitsClient(scope: {
  readonly req: IncomingMessage;
  readonly hasPendingBody: boolean;
  readonly awaitsContinue: boolean;
}): boolean {
  return scope.hasPendingBody && !scope.awaitsContinue && scope.req.readableLength === 0;
}
