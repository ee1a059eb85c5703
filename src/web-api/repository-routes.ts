import type { Hono } from 'hono';
import { decide, deleteRepository, resolveAccess } from '../catalog/index.ts';
import { parseRepositoryName } from '../kernel/reference.ts';
import { authenticate, refusal } from './authenticate.ts';
import type { PipelineEnv } from '../platform/http/index.ts';
import type { WebApiPorts } from './ports.ts';

export function addRepositoryRoutes(api: Hono<PipelineEnv>, ports: WebApiPorts): void {
  api.delete('/api/v1/repository/:name{.+}', async (context) => {
    const actor = await authenticate(context, ports.authenticateAccessToken);
    const name = parseRepositoryName(context.req.param('name'));
    if (name === undefined) throw refusal(actor);
    const access = await resolveAccess(ports.db, ports.catalogPolicy, actor, name);
    const { repository } = access;
    if (repository === undefined || decide(access, 'administer') !== 'allowed') throw refusal(actor);
    await ports.db.transaction(async (tx) => {
      const { clientAddress } = context.env.context;
      if (!(await deleteRepository(tx, { repository, name, actor, clientAddress }))) throw refusal(actor);
    });
    return context.body(null, 204);
  });
}
