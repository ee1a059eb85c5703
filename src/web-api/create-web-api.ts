import { Hono } from 'hono';
import { mountHono, type PipelineEnv, type RequestHandler } from '../platform/http/index.ts';
import type { WebApiPorts } from './ports.ts';
import { addRepositoryRoutes } from './repository-routes.ts';
import { addUserRoutes } from './user-routes.ts';

/** The REST API `/api/v1` (Quay's). Errors leave as thrown; the pipeline gives them Quay's shape. */
export function createWebApi(ports: WebApiPorts): RequestHandler {
  const api = new Hono<PipelineEnv>();
  addUserRoutes(api, ports);
  addRepositoryRoutes(api, ports);
  return mountHono(api);
}
