import { parseRepositoryName, splitRepositoryName, type RepositoryName } from '../kernel/reference.ts';
import type { RequestContext } from '../platform/http/index.ts';
import type { RequestWeight, WeighedRequest } from '../platform/limits/index.ts';
import { parseRoute, type Route } from './route.ts';

const WEIGHTS: Readonly<Record<Route['kind'], RequestWeight>> = {
  base: 'very-light',
  blob: 'very-light',
  uploads: 'very-light',
  upload: 'very-light',
  manifest: 'light',
  referrers: 'light',
  token: 'light',
  refused: 'light',
  tags: 'heavy',
  catalog: 'heavy',
};

/**
 * What a request below `/v2` or `/v1` asks for, as request limits count it.
 * @param libraryNamespace namespace of names without one
 */
export function weighRegistryRequest(
  { method, path, query }: Pick<RequestContext, 'method' | 'path' | 'query'>,
  libraryNamespace: string | undefined,
): WeighedRequest {
  if (path.startsWith('/v1/')) return { weight: path === '/v1/_ping' ? 'very-light' : 'heavy' };
  const route = parseRoute(method, path, libraryNamespace);
  const weight = WEIGHTS[route.kind];
  if (route.kind === 'token') return { weight, token: true, namespace: namespaceOfScope(query, libraryNamespace) };
  return { weight, namespace: 'name' in route ? namespaceOf(route.name) : undefined };
}

/** A token may be asked for several repositories; the first one is what it is for, the others are mounted from. */
function namespaceOfScope(query: string, libraryNamespace: string | undefined): string | undefined {
  const scope = new URLSearchParams(query).get('scope') ?? '';
  const name = parseRepositoryName(/^repository:([^:]+):/.exec(scope)?.[1] ?? '', libraryNamespace);
  return name === undefined ? undefined : namespaceOf(name);
}

function namespaceOf(name: RepositoryName): string {
  return splitRepositoryName(name).namespace;
}
