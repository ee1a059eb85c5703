import { Hono, type MiddlewareHandler } from 'hono';
import { AppError } from '../kernel/errors.ts';
import { mountHono, type PipelineEnv, type RequestHandler } from '../platform/http/index.ts';
import type { WebApiPorts } from './ports.ts';
import { addRepositoryRoutes } from './repository-routes.ts';
import { addUserRoutes } from './user-routes.ts';

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The REST API `/api/v1` (Quay's). Errors leave as thrown; the pipeline gives them Quay's shape. */
export function createWebApi(ports: WebApiPorts): RequestHandler {
  const api = new Hono<PipelineEnv>();
  if (ports.readOnly) api.use(refuseChanges);
  addUserRoutes(api, ports);
  addRepositoryRoutes(api, ports);
  return mountHono(api);
}

const refuseChanges: MiddlewareHandler<PipelineEnv> = async (context, next) => {
  if (!READS.has(context.req.method)) {
    throw new AppError('READ_ONLY', 'The registry is in read-only mode: it can be looked at but not changed');
  }
  await next();
};
