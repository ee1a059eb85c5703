import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { RequestRecorder } from '../metrics/index.ts';
import type { ErrorShape, Mount, RequestContext } from './context.ts';
import type { OriginOf } from './public-origin.ts';
import type { MountedResponse } from './response.ts';
import { type ClientView, isEncrypted, type ProxyTrust } from './resolve-client.ts';

/** What the requests of one server share. */
export interface ServerState {
  readonly log: Logger;
  readonly trust: ProxyTrust;
  readonly originOf: OriginOf;
  draining: boolean;
}

/** A mount with everything that can be worked out once. */
export interface PreparedMount extends Mount {
  readonly recorder: RequestRecorder;
  /** Names and values in turn. */
  readonly fixedHeaders: readonly string[];
  /** The same for answers over our own TLS. */
  readonly fixedTlsHeaders: readonly string[];
}

/** The context of one request. Address, scheme, host and logger are made when first asked for: most requests need none. */
export class RequestScope implements RequestContext {
  readonly id: string;
  readonly req: IncomingMessage;
  readonly res: MountedResponse;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly server: ServerState;
  readonly mount: PreparedMount;
  readonly startedAt = performance.now();
  /** Whether the client waits for permission to send the body. */
  awaitsContinue: boolean;
  route: string | undefined = undefined;
  /** Logged at `debug` whatever comes of it. */
  quiet: boolean;
  credentialsProven: ((by: 'user' | 'internal') => void) | undefined = undefined;
  #client: ClientView | undefined = undefined;
  #log: Logger | undefined = undefined;

  constructor(
    server: ServerState,
    mount: PreparedMount,
    target: { readonly id: string; readonly path: string; readonly query: string; readonly awaitsContinue: boolean },
    req: IncomingMessage,
    res: MountedResponse,
  ) {
    this.server = server;
    this.mount = mount;
    this.quiet = mount.quiet === true;
    this.id = target.id;
    this.path = target.path;
    this.query = target.query;
    this.awaitsContinue = target.awaitsContinue;
    this.req = req;
    this.res = res;
    this.method = req.method ?? 'GET';
  }

  get fixedHeaders(): readonly string[] {
    return isEncrypted(this.req) ? this.mount.fixedTlsHeaders : this.mount.fixedHeaders;
  }

  get errors(): ErrorShape {
    return this.mount.errors;
  }

  get clientAddress(): string {
    return this.#view().address;
  }

  get scheme(): 'http' | 'https' {
    return this.#view().scheme;
  }

  get host(): string {
    return this.#view().host;
  }

  get origin(): string {
    return this.server.originOf(this.#view());
  }

  get isProxied(): boolean {
    return this.server.trust.isProxied(this.req);
  }

  get log(): Logger {
    this.#log ??= this.server.log.child({ request: this.id });
    return this.#log;
  }

  acceptBody(): void {
    if (!this.awaitsContinue || this.res.headersSent) return;
    this.awaitsContinue = false;
    this.res.writeContinue();
  }

  /** Whether the request announced a body that has not arrived completely. */
  get hasPendingBody(): boolean {
    const { headers } = this.req;
    if (this.req.complete) return false;
    if (headers['transfer-encoding'] !== undefined) return true;
    const length = headers['content-length'];
    return length !== undefined && length !== '0';
  }

  #view(): ClientView {
    this.#client ??= this.server.trust.view(this.req);
    return this.#client;
  }
}
