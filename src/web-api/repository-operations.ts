import { deleteRepository } from '../catalog/index.ts';
import { NO_CONTENT } from './frame/answer.ts';
import { refusal } from './frame/authorize-call.ts';
import { defineOperation, type Operation } from './frame/operation.ts';
import type { WebApiPorts } from './ports.ts';

export function repositoryOperations({ db }: WebApiPorts): readonly Operation[] {
  return [
    defineOperation({
      method: 'DELETE',
      path: '/repository/{repository}',
      id: 'deleteRepository',
      summary: 'Delete a repository',
      tag: 'repository',
      scope: 'repo:admin',
      permission: { kind: 'repository', role: 'admin' },
      statuses: [204],
      async handle({ granted, actor, context }) {
        const access = granted.repository;
        const repository = access?.repository;
        if (access === undefined || repository === undefined) throw refusal(actor);
        await db.transaction(async (tx) => {
          const deleted = { repository, name: access.name, actor, clientAddress: context.clientAddress };
          // Somebody else was quicker; to the caller it is as if he had come later.
          if (!(await deleteRepository(tx, deleted))) throw refusal(actor);
        });
        return NO_CONTENT;
      },
    }),
  ];
}
