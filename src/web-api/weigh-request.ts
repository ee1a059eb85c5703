import { parseRepositoryName, splitRepositoryName } from '../kernel/reference.ts';
import type { RequestContext } from '../platform/http/index.ts';
import type { WeighedRequest } from '../platform/limits/index.ts';

/** Routes that read much: searches, listings of everything, logs. */
const HEAVY = /^\/api\/v1\/(?:find|entities|superuser|repository\/?$|.*\/(?:aggregate|export)?logs(?:\/|$))/;
const REPOSITORY = /^\/api\/v1\/repository\/([^/]+\/[^/]+)/;

/** What a request below `/api/v1` asks for, as request limits count it. */
export function weighApiRequest({ path }: Pick<RequestContext, 'path'>): WeighedRequest {
  const plain = decode(path);
  const name = parseRepositoryName(REPOSITORY.exec(plain)?.[1] ?? '');
  return {
    weight: HEAVY.test(plain) ? 'heavy' : 'light',
    namespace: name === undefined ? undefined : splitRepositoryName(name).namespace,
  };
}

function decode(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    // The router will refuse it.
    return path;
  }
}
