import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';

/** Everything that is known about one request; made by the pipeline, passed to every handler. */
export interface RequestContext {
  /** Also in the `X-Request-Id` response header and in each log line. */
  readonly id: string;
  readonly req: IncomingMessage;
  /**
   * `writeHead(status, [name, value, …])` is the fast way to answer: the fixed headers of the mount are joined to the list.
   * Headers by `setHeader` cost half as much again as the whole rest of the answer.
   */
  readonly res: ServerResponse;
  readonly method: string;
  /** Path as sent, percent-encoding untouched, without query. */
  readonly path: string;
  /** Text after `?`, or ''. */
  readonly query: string;
  /** The client's address, behind trusted proxies the one they name. */
  readonly clientAddress: string;
  /** `http` or `https` as the client sees it. */
  readonly scheme: 'http' | 'https';
  /** Host (with port) as the client sees it. */
  readonly host: string;
  /**
   * `scheme://host[:port]` for addresses that are told to this client: the configured name that it used, else the main one;
   * without configured names the one that it used.
   */
  readonly origin: string;
  /** Whether the connection was announced by a PROXY protocol header. */
  readonly isProxied: boolean;
  readonly log: Logger;
  /**
   * What the metrics call the part of the mount that answers: one of a few fixed names, set by the handler. Without it the
   * mount's prefix stands for all of it.
   */
  route: string | undefined;
  /**
   * Must be called before the body is read: tells a client that sent `Expect: 100-continue` to go on. A handler that refuses
   * first never receives the body.
   */
  acceptBody(): void;
  /**
   * Set where requests are limited by who sends them and these credentials are new: to be called by whoever finds them right.
   * `user`: they are those of an account, not of an anonymous client. `internal`: those of the instance itself.
   */
  credentialsProven?: ((by: 'user' | 'internal') => void) | undefined;
}

/**
 * Answers a request completely before its promise resolves, or throws
 * {@link import('../../kernel/errors.ts').AppError}.
 */
export type RequestHandler = (context: RequestContext) => void | Promise<void>;

/** In which API's shape an error is answered. */
export type ErrorShape = 'oci' | 'quay' | 'clair';

/** A part of the address space. The longest matching prefix wins. */
export interface Mount {
  /** Begins with `/`; matches itself and everything below. */
  readonly prefix: string;
  readonly errors: ErrorShape;
  /** Sent with every answer below the prefix, errors too. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Machines ask here all the time, and what they are answered tells its own story: logged at `debug`, failures too. */
  readonly quiet?: boolean;
  readonly handler: RequestHandler;
}
