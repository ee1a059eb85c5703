import { z } from 'zod';
import { listVisibleRepositories } from '../../catalog/index.ts';
import { repositoryList } from '../../contract/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { answer } from '../frame/answer.ts';
import { defineOperation, type Operation } from '../frame/operation.ts';
import { nextPage, type PagedList } from '../frame/page-token.ts';
import { flag } from '../frame/parameters.ts';
import type { WebApiPorts } from '../ports.ts';
import { listRepository } from './repository-view.ts';

/** Quay's. */
const PAGE_SIZE = 100;

const QUERY = z.object({
  namespace: z.string().max(255).optional().describe('Only repositories of this user or organization'),
  starred: flag(false).describe('Only repositories that the caller has starred'),
  public: flag(false).describe('Also repositories that everybody may see'),
  last_modified: flag(false).describe('Tell when each was last tagged'),
  popularity: flag(false).describe('Tell how popular each is'),
  repo_kind: z.string().max(32).default('image').describe('The kind of repositories'),
  next_page: nextPage,
});

const POSITION = z.object({ afterId: z.int().positive() });

/** Lists what the caller may see: what he was granted, and with `public` what everybody may see. */
export function listRepositoriesOperation({ db, catalogPolicy, pageTokens }: WebApiPorts): Operation {
  return defineOperation({
    method: 'GET',
    path: '/repository',
    id: 'listRepos',
    summary: 'List the repositories of a namespace, the starred, or the public ones',
    tag: 'repository',
    scope: 'repo:read',
    // Each caller gets what is his to see.
    permission: { kind: 'anyone' },
    query: QUERY,
    answer: repositoryList,
    statuses: [200, 400],
    async handle({ query, actor }) {
      const namespace = query.namespace === '' ? undefined : query.namespace;
      if (namespace === undefined && !query.starred && !query.public) {
        throw new AppError(
          'INVALID_REQUEST',
          'One of "namespace", "starred" and "public" must say which repositories are meant',
        );
      }
      if (query.starred && actor.kind === 'anonymous') {
        throw new AppError('INVALID_REQUEST', 'Sign in to list the repositories that you have starred');
      }
      const list: PagedList = {
        operation: 'listRepos',
        filters: { namespace, starred: query.starred, public: query.public, repo_kind: query.repo_kind },
      };
      const position = pageTokens.open(list, query.next_page, POSITION);
      // There are no stars yet, and no kind but this one.
      if (query.starred || query.repo_kind !== 'image') return answer({ repositories: [] });
      const page = await listVisibleRepositories(db, catalogPolicy, actor, {
        namespace,
        publicToo: query.public,
        tagTimes: query.last_modified,
        afterId: position?.afterId,
        limit: PAGE_SIZE,
      });
      const asked = {
        tagTimes: query.last_modified,
        popularity: query.popularity,
        signedIn: actor.kind !== 'anonymous',
      };
      return answer({
        repositories: page.repositories.map((row) => listRepository(row, asked)),
        ...(page.next === undefined ? {} : { next_page: pageTokens.seal(list, { afterId: page.next }) }),
      } satisfies z.infer<typeof repositoryList>);
    },
  });
}
