import { listRepositories } from '../catalog/index.ts';
import type { RequestContext } from '../platform/http/index.ts';
import { answerJson } from './answer.ts';
import type { Caller } from './authenticate-request.ts';
import { nextLink, pageSize, parsePage } from './page.ts';
import type { RegistryPorts, RegistrySettings } from './ports.ts';

/** Answers `/v2/_catalog`: the repositories that the caller may pull, bytewise sorted, in pages tied by `Link`. */
export async function answerRepositories(
  ports: Pick<RegistryPorts, 'db' | 'policy'>,
  settings: Pick<RegistrySettings, 'paginationSize'>,
  context: RequestContext,
  caller: Caller,
): Promise<void> {
  const request = parsePage(new URLSearchParams(context.query));
  const size = pageSize(request, settings.paginationSize);
  const page = { after: request.after, limit: size + 1 };
  const found = size === 0 ? [] : await listRepositories(ports.db, ports.policy, caller.actor, page);
  const repositories = found.slice(0, size);
  const last = repositories.at(-1);
  const more = found.length > size && last !== undefined;
  answerJson(context, { repositories }, more ? { Link: nextLink('/v2/_catalog', { n: String(size), last }) } : {});
}
