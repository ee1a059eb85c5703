import { z } from 'zod';
import {
  changeVisibility,
  createRepositoryFor,
  deleteRepository,
  describeRepository,
  findRepositoryDetails,
  listNewestTags,
  mayCreateIn,
  type RepositoryChange,
} from '../../catalog/index.ts';
import {
  createdRepository,
  newRepositoryRequest,
  repositoryUpdate,
  shownRepository,
  visibilityChange,
} from '../../contract/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { parseRepositoryName } from '../../kernel/reference.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { answer, NO_CONTENT } from '../frame/answer.ts';
import { refusal } from '../frame/authorize-call.ts';
import { type Call, defineOperation, type Operation } from '../frame/operation.ts';
import { flag } from '../frame/parameters.ts';
import type { WebApiPorts } from '../ports.ts';
import { listRepositoriesOperation } from './list-operation.ts';
import { showRepository, showStats, showTags } from './repository-view.ts';

/** Tags that `getRepo` shows at most. */
const TAGS_MAX = 500;

const REPOSITORY = '/repository/{repository}';

const SHOW = z.object({
  includeStats: flag(false).describe('Count pulls and pushes by day'),
  includeTags: flag(true).describe(`Show the tags, at most ${TAGS_MAX}`),
});

type RepositoryCall = Pick<Call<unknown, unknown>, 'granted' | 'actor' | 'context'>;

export function repositoryOperations(ports: WebApiPorts): readonly Operation[] {
  const { db, catalogPolicy } = ports;
  return [
    defineOperation({
      method: 'POST',
      path: '/repository',
      id: 'createRepo',
      summary: 'Create a repository',
      tag: 'repository',
      scope: 'repo:create',
      // In which namespace, the body says.
      permission: { kind: 'user' },
      body: newRepositoryRequest,
      answer: createdRepository,
      statuses: [201, 400],
      async handle({ body, actor, context }) {
        if (actor.kind !== 'user') throw refusal(actor);
        const namespace = body.namespace ?? actor.name;
        if (!(await mayCreateIn(db, catalogPolicy, actor, namespace))) throw refusal(actor);
        const name = parseRepositoryName(`${namespace}/${body.repository}`);
        if (name === undefined) throw malformedName(body.repository);
        const request = {
          name,
          visibility: body.visibility,
          description: body.description,
          clientAddress: context.clientAddress,
        };
        const created = await db.transaction((tx) => createRepositoryFor(tx, catalogPolicy, actor, request));
        if (created === undefined) throw new AppError('INVALID_REQUEST', 'Repository already exists');
        return answer(
          { namespace, name: body.repository, kind: 'image' } satisfies z.infer<typeof createdRepository>,
          201,
        );
      },
    }),
    listRepositoriesOperation(ports),
    defineOperation({
      method: 'GET',
      path: REPOSITORY,
      id: 'getRepo',
      summary: 'Show a repository with its tags',
      tag: 'repository',
      scope: 'repo:read',
      permission: { kind: 'repository', role: 'read' },
      query: SHOW,
      answer: shownRepository,
      statuses: [200, 404],
      async handle({ query, ...call }) {
        const { repository, access } = repositoryOf(call);
        const [details, tags] = await Promise.all([
          findRepositoryDetails(db, repository.id),
          query.includeTags ? listNewestTags(db, repository.id, TAGS_MAX) : undefined,
        ]);
        if (details === undefined) throw refusal(call.actor);
        return answer({
          ...showRepository({ ...access, repository }, details, ports.organizations.tagExpiration.defaultSeconds),
          ...(tags === undefined ? {} : { tags: showTags(tags) }),
          ...(query.includeStats ? { stats: showStats(ports.clock.now()) } : {}),
        });
      },
    }),
    defineOperation({
      method: 'PUT',
      path: REPOSITORY,
      id: 'updateRepo',
      summary: 'Set the description of a repository',
      tag: 'repository',
      scope: 'repo:write',
      permission: { kind: 'repository', role: 'write' },
      body: repositoryUpdate,
      statuses: [200, 404],
      async handle(call) {
        await change(ports, call, (tx, what) => describeRepository(tx, what, call.body.description));
        return answer({ success: true });
      },
    }),
    defineOperation({
      method: 'DELETE',
      path: REPOSITORY,
      id: 'deleteRepository',
      summary: 'Delete a repository',
      tag: 'repository',
      scope: 'repo:admin',
      permission: { kind: 'repository', role: 'admin' },
      statuses: [204],
      async handle(call) {
        await change(ports, call, deleteRepository);
        return NO_CONTENT;
      },
    }),
    defineOperation({
      method: 'POST',
      path: `${REPOSITORY}/changevisibility`,
      id: 'changeRepoVisibility',
      summary: 'Make a repository public or private',
      tag: 'repository',
      scope: 'repo:admin',
      permission: { kind: 'repository', role: 'admin' },
      body: visibilityChange,
      statuses: [200],
      async handle(call) {
        await change(ports, call, (tx, what) => changeVisibility(tx, what, call.body.visibility));
        return answer({ success: true });
      },
    }),
  ];
}

function repositoryOf({ granted, actor }: Pick<RepositoryCall, 'granted' | 'actor'>) {
  const access = granted.repository;
  if (access?.repository === undefined) throw refusal(actor);
  return { repository: access.repository, access };
}

/** @param work resolves with false when somebody else has deleted the repository; to the caller it is as if he had come later */
async function change(
  { db }: WebApiPorts,
  call: RepositoryCall,
  work: (tx: Transaction, what: RepositoryChange) => Promise<boolean>,
): Promise<void> {
  const { repository, access } = repositoryOf(call);
  const { actor, context } = call;
  const what = { repository, name: access.name, actor, clientAddress: context.clientAddress };
  await db.transaction(async (tx) => {
    if (!(await work(tx, what))) throw refusal(actor);
  });
}

function malformedName(name: string): AppError {
  return new AppError(
    'INVALID_REQUEST',
    `"${name}" is not a repository name; use lower-case letters, digits and single separators, as in "app" or "team/app"`,
  );
}
