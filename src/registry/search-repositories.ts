import { searchRepositories } from '../catalog/index.ts';
import { AppError } from '../kernel/errors.ts';
import type { RequestContext } from '../platform/http/index.ts';
import { answerBytes, answerJson } from './answer.ts';
import type { Caller } from './authenticate-request.ts';
import type { RegistryPorts } from './ports.ts';

const RESULTS_MAX = 100;
const RESULTS_UNASKED = 25;
const TEXT_MAX = 255;

/** Answers `docker search`: repositories that the caller may pull and whose name contains the text. */
export async function answerSearch(
  ports: Pick<RegistryPorts, 'db' | 'policy'>,
  context: RequestContext,
  caller: Caller,
): Promise<void> {
  const query = new URLSearchParams(context.query);
  const text = (query.get('q') ?? '').trim();
  if (text.length > TEXT_MAX || text.includes('\0')) {
    throw new AppError('INVALID_REQUEST', `"q" must be a part of a repository name, up to ${TEXT_MAX} characters`);
  }
  const asked = Number.parseInt(query.get('n') ?? '', 10);
  const limit = Math.min(Math.max(Number.isNaN(asked) ? RESULTS_UNASKED : asked, 1), RESULTS_MAX);
  const hits = await searchRepositories(ports.db, ports.policy, caller.actor, text, limit);
  if (hits.length === 0 && caller.actor.kind === 'anonymous') {
    // podman asks without credentials first and lists the catalog with them only when it is refused.
    throw new AppError('UNAUTHORIZED', 'No public repository matches; sign in to search those you may pull', {
      headers: { 'WWW-Authenticate': 'Basic realm="registry"' },
    });
  }
  answerJson(context, {
    num_results: hits.length,
    num_pages: 1,
    page: 1,
    page_size: limit,
    query: text,
    results: hits.map((hit) => ({
      name: hit.name,
      description: hit.description,
      is_official: false,
      is_automated: false,
      is_public: hit.visibility === 'public',
      star_count: 0,
    })),
  });
}

/** Answers the version check of old clients, which ask this before they search. */
export function answerPing(context: RequestContext): void {
  const headers = {
    'Content-Type': 'application/json',
    'X-Docker-Registry-Version': '0.6.0',
    'X-Docker-Registry-Standalone': '0',
  };
  answerBytes(context, 200, headers, 'true');
}
