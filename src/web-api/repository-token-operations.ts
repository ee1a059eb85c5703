import { repositoryTokenRequest, roleRequest } from '../contract/index.ts';
import { type Answer, answer } from './frame/answer.ts';
import { defineOperation, type Operation } from './frame/operation.ts';

const COMMON = {
  tag: 'repotoken',
  scope: 'repo:admin',
  permission: { kind: 'repository', role: 'admin' },
  statuses: [200, 410],
  handle: (): Promise<Answer> => Promise.resolve(gone()),
} as const;
const ALL = '/repository/{repository}/tokens/';
const ONE = '/repository/{repository}/tokens/{code}';

/** Tokens of single repositories, which Quay has given up for robots: whoever administers the repository is told so. */
export function repositoryTokenOperations(): readonly Operation[] {
  return [
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: ALL,
      id: 'listRepoTokens',
      summary: 'Gone: list the tokens of the repository',
    }),
    defineOperation({
      ...COMMON,
      method: 'POST',
      path: ALL,
      id: 'createToken',
      summary: 'Gone: make a token for the repository',
      body: repositoryTokenRequest,
    }),
    defineOperation({ ...COMMON, method: 'GET', path: ONE, id: 'getTokens', summary: 'Gone: show a token' }),
    defineOperation({
      ...COMMON,
      method: 'PUT',
      path: ONE,
      id: 'changeToken',
      summary: 'Gone: change the role of a token',
      body: roleRequest,
    }),
    defineOperation({ ...COMMON, method: 'DELETE', path: ONE, id: 'deleteToken', summary: 'Gone: delete a token' }),
  ];
}

function gone(): Answer {
  return answer({ message: 'Repositories have no tokens any more; use a robot account' }, 410);
}
