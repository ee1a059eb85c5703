import type { getRequestListener, HttpBindings } from '@hono/node-server';
import type { Env, Hono } from 'hono';
import { AppError } from '../../kernel/errors.ts';
import type { RequestContext, RequestHandler } from './context.ts';

/** What a hono handler finds in `c.env`. */
export interface HonoBindings extends HttpBindings {
  /** The request as the pipeline sees it: id, client, scheme and host behind proxies, logger. */
  readonly context: RequestContext;
}

/** The environment of an app that is mounted behind the pipeline: `new Hono<PipelineEnv>()`. */
export interface PipelineEnv extends Env {
  Bindings: HonoBindings;
}

type Listener = ReturnType<typeof getRequestListener>;

/**
 * Makes a handler for a mount out of a hono app. What its handlers throw is answered by the pipeline like any other
 * error, and a route that it does not have is NOT_FOUND. The body of a client that waits for `100 Continue` is asked for
 * when it is first read, so a middleware that refuses does it in time.
 */
export function mountHono(app: Hono<PipelineEnv>): RequestHandler {
  const contexts = new WeakMap<object, RequestContext>();
  const failures = new WeakMap<object, { readonly thrown: unknown }>();
  app.onError((error) => {
    throw error;
  });
  app.notFound((c) => {
    throw new AppError('NOT_FOUND', `There is nothing at "${c.req.path.slice(0, 200)}"; check the address`);
  });

  async function createListener(): Promise<Listener> {
    const [{ getRequestListener: createRequestListener }, { RESPONSE_ALREADY_SENT }] = await Promise.all([
      import('@hono/node-server'),
      import('@hono/node-server/utils/response'),
    ]);
    return createRequestListener(
      async (request, bindings) => {
        const context = contexts.get(bindings.outgoing);
        try {
          return await app.fetch(request, { ...bindings, context });
        } catch (thrown) {
          failures.set(bindings.outgoing, { thrown });
          return RESPONSE_ALREADY_SENT;
        }
      },
      {
        // The replaced globals would change every other user of fetch in the process.
        overrideGlobalObjects: false,
        autoCleanupIncoming: false,
        hostname: 'localhost',
        // Only reached when no request object can be made, which is for a malformed host or target.
        errorHandler: () => Response.json({ message: 'The request target or host is malformed' }, { status: 400 }),
      },
    );
  }

  // The adapter brings the runtime's whole implementation of fetch with it, a fifth of a start: the first request pays.
  let listener: Promise<Listener> | undefined;
  return async (context) => {
    contexts.set(context.res, context);
    acceptBodyWhenRead(context);
    listener ??= createListener();
    await (
      await listener
    )(context.req, context.res);
    const failure = failures.get(context.res);
    if (failure !== undefined) throw failure.thrown;
  };
}

function acceptBodyWhenRead(context: RequestContext): void {
  const { req } = context;
  if (req.headers.expect === undefined) return;
  const read = req._read.bind(req);
  req._read = (size) => {
    context.acceptBody();
    read(size);
  };
}
