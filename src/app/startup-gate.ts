import { AppError } from '../kernel/errors.ts';
import type { RequestHandler } from '../platform/http/index.ts';

/** How soon a client may try again, in seconds. */
const RETRY_AFTER = '2';

/** Stands before the handlers while the database is made ready, so that the port is taken and says so from the start. */
export interface StartupGate {
  /** A handler that refuses with STARTING_UP until the gate is open, then passes requests to the one given to `open`. */
  behind(name: string): RequestHandler;
  /** The same for the health addresses, which answer themselves that the server is not ready, and how far it is. */
  readonly health: RequestHandler;
  /** Tells how many of the steps that are to be done to the schema are done. */
  migrating(done: number, total: number): void;
  /** Opens the gate: from now on the given handlers answer. */
  open(handlers: ReadonlyMap<string, RequestHandler>, health: RequestHandler): void;
}

export function createStartupGate(): StartupGate {
  let opened: { readonly handlers: ReadonlyMap<string, RequestHandler>; readonly health: RequestHandler } | undefined;
  let progress: string | undefined;

  const answerNotReady: RequestHandler = ({ res, method }) => {
    const services = { registry_gunicorn: false, web_gunicorn: false, database: false };
    const data = { services, is_testing: false, ...(progress === undefined ? {} : { migrating: progress }) };
    const body = JSON.stringify({ data, status_code: 503 });
    res.writeHead(503, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'Retry-After': RETRY_AFTER,
    });
    res.end(method === 'HEAD' ? undefined : body);
  };

  return {
    behind(name) {
      let handler: RequestHandler | undefined;
      return (context) => {
        handler ??= opened?.handlers.get(name);
        if (handler !== undefined) return handler(context);
        const doing = progress === undefined ? 'starting' : `bringing its database up to date (${progress})`;
        throw new AppError('STARTING_UP', `The server is ${doing}; try again in a few seconds`, {
          headers: { 'Retry-After': RETRY_AFTER },
        });
      };
    },
    health: (context) => (opened === undefined ? answerNotReady(context) : opened.health(context)),
    migrating(done, total) {
      progress = `${done}/${total}`;
    },
    open(handlers, health) {
      opened = { handlers, health };
    },
  };
}
