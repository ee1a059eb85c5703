import { listTags } from '../catalog/index.ts';
import type { Repository } from '../catalog/index.ts';
import type { RequestContext } from '../platform/http/index.ts';
import { answerJson } from './answer.ts';
import { nextLink, pageSize, parsePage } from './page.ts';
import type { RegistryPorts, RegistrySettings } from './ports.ts';
import type { RepositoryAddress } from './route.ts';

/** Answers `tags/list`: bytewise sorted, in pages tied by `Link` (distribution-spec "Listing Tags"). */
export async function answerTags(
  ports: Pick<RegistryPorts, 'db'>,
  settings: Pick<RegistrySettings, 'paginationSize'>,
  context: RequestContext,
  address: RepositoryAddress,
  repository: Repository,
): Promise<void> {
  const request = parsePage(new URLSearchParams(context.query));
  const size = pageSize(request, settings.paginationSize);
  // One more than asked for tells whether a next page exists.
  const found = size === 0 ? [] : await listTags(ports.db, repository.id, { after: request.after, limit: size + 1 });
  const tags = found.slice(0, size);
  const last = tags.at(-1);
  const more = found.length > size && last !== undefined;
  const path = `/v2/${address.requestedName}/tags/list`;
  answerJson(
    context,
    { name: address.requestedName, tags },
    more ? { Link: nextLink(path, { n: String(size), last }) } : {},
  );
}
