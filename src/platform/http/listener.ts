import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { Logger } from 'pino';
import { answerBadHttp } from './answer-bad-http.ts';
import type { Pipeline } from './pipeline.ts';
import { MountedResponse } from './response.ts';

/** The certificate of a TLS listener, and its successors. */
export interface TlsSource {
  current(): SecureContextOptions;
  /** Calls back with each new one; the returned function ends that. */
  subscribe(apply: (options: SecureContextOptions) => void): () => void;
}

export interface ListenOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** All addresses when absent. */
  readonly host?: string;
  /** With a host of `::`: not for IPv4 too. */
  readonly ipv6Only?: boolean;
  /** Lets other processes listen on the same port. */
  readonly reusePort?: boolean;
  /** TLS ends here; HTTP/1.1 is the only protocol offered in it. */
  readonly tls?: TlsSource | undefined;
  /** Each connection begins with a PROXY protocol header, and only trusted proxies may connect. */
  readonly proxyProtocol?: boolean;
}

export type MountedServer =
  | Server<typeof IncomingMessage, typeof MountedResponse>
  | TlsServer<typeof IncomingMessage, typeof MountedResponse>;

interface ListenerTerms {
  readonly pipeline: Pipeline;
  readonly log: Logger;
  readonly keepAliveTimeoutMs: number;
}

const MAX_HEADER_BYTES = 64 * 1024;
/** Longer than any honest client takes to agree on keys, even over a satellite. */
const HANDSHAKE_TIMEOUT_MS = 15_000;

/** Makes a server of one port that hands its requests to the pipeline. */
export async function makeListener({ tls }: ListenOptions, terms: ListenerTerms): Promise<MountedServer> {
  const { pipeline, log } = terms;
  const settings = {
    ServerResponse: MountedResponse,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: 30_000,
    // The default would cut every upload after five minutes; the idle timeout takes its place.
    requestTimeout: 0,
    keepAliveTimeout: terms.keepAliveTimeoutMs,
    noDelay: true,
  };
  const server: MountedServer = tls === undefined ? createServer(settings) : await makeTlsServer(settings, tls);
  server.on('request', (req, res) => pipeline.handle(req, res, false));
  server.on('checkContinue', (req, res) => pipeline.handle(req, res, true));
  // Over TLS it is the second event that has the socket which requests come from.
  const secured = new WeakSet<object>();
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    secured.add(socket);
    socket.on('close', () => pipeline.connectionClosed(socket));
  });
  server.on('clientError', (error, socket) => {
    if (!secured.has(socket)) {
      // Nothing can be said to a client with which no keys were agreed on.
      log.debug({ err: error }, 'TLS handshake failed');
      socket.destroy();
      return;
    }
    log.debug({ err: error }, 'malformed request');
    const started = [...pipeline.active].some((scope) => scope.req.socket === socket && scope.res.headersSent);
    answerBadHttp(error, socket, started);
  });
  return server;
}

/** Loaded when needed: most starts serve plain HTTP. */
async function makeTlsServer(settings: object, tls: TlsSource): Promise<MountedServer> {
  const { createServer: createTlsServer } = await import('node:https');
  const server = createTlsServer<typeof IncomingMessage, typeof MountedResponse>({
    ...settings,
    ...tls.current(),
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
  const unsubscribe = tls.subscribe((options) => server.setSecureContext(options));
  server.on('close', unsubscribe);
  return server;
}

/** Rejects, with what an operator can do about it, when the port cannot be opened. */
export function startListening(server: MountedServer, options: ListenOptions): Promise<AddressInfo> {
  const { port, host, ipv6Only, reusePort } = options;
  const where = { port, backlog: 1024, ...defined({ host, ipv6Only, reusePort }) };
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(listenError(error, options));
    server.once('error', onError);
    server.listen(where, () => {
      server.off('error', onError);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('The server does not listen on a port'));
      else resolve(address);
    });
  });
}

/** Without the keys that have no value: `listen` takes an undefined host for another than an absent one. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** What an operator can do about it, where that is known. */
function listenError(error: NodeJS.ErrnoException, { port, host }: ListenOptions): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} is in use by another program; stop that one, or choose another port`,
    EACCES: `Port ${port} may not be opened by this user; choose one above 1023, or allow it`,
    EADDRNOTAVAIL: `This machine does not have the address "${host}"; choose one that it has`,
    EAFNOSUPPORT: `This machine has no ${host?.includes(':') === true ? 'IPv6' : 'IPv4'}; set FEATURE_LISTEN_IP_VERSION to the version it has`,
    ENOTFOUND: `The host name "${host}" is not known; write an address of this machine`,
  };
  const reason = reasons[error.code ?? ''];
  return reason === undefined ? error : new Error(reason, { cause: error });
}

/** Node's timer of a socket starts anew with every byte in either direction, so it costs a request nothing. */
export function cutIdleClients(server: MountedServer, pipeline: Pipeline, idleTimeoutMs: number, log: Logger): void {
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
