import { globalMessageRequest } from '../contract/index.ts';
import { createGlobalMessage, deleteGlobalMessage, listGlobalMessages } from '../notify/index.ts';
import { answer, NO_CONTENT } from './frame/answer.ts';
import { type Call, defineOperation, type Operation } from './frame/operation.ts';
import type { WebApiPorts } from './ports.ts';

const CHANGES = {
  tag: 'globalmessages',
  scope: 'super:user',
  permission: { kind: 'superuser' },
  flags: { freshLogin: true },
} as const;

/** What superusers tell everybody. Quay keeps no record of it, so only the log of the server tells who did. */
export function messageOperations({ db }: WebApiPorts): readonly Operation[] {
  return [
    defineOperation({
      method: 'GET',
      path: '/messages',
      id: 'getGlobalMessages',
      summary: 'List the messages to everybody',
      tag: 'globalmessages',
      permission: { kind: 'anyone' },
      statuses: [200],
      handle: async () => answer({ messages: await listGlobalMessages(db) }),
    }),
    defineOperation({
      ...CHANGES,
      method: 'POST',
      path: '/messages',
      id: 'createGlobalMessage',
      summary: 'Tell everybody something',
      body: globalMessageRequest,
      statuses: [200, 201, 400],
      async handle({ body, ...call }) {
        const message = await db.transaction((tx) => createGlobalMessage(tx, body.message));
        call.context.log.info({ message, by: nameOf(call) }, 'Global message created');
        return answer('', 201);
      },
    }),
    defineOperation({
      ...CHANGES,
      flags: { ...CHANGES.flags, feature: 'FEATURE_SUPER_USERS' },
      method: 'DELETE',
      path: '/message/{uuid}',
      id: 'deleteGlobalMessage',
      summary: 'Take a message to everybody back',
      statuses: [200, 204],
      async handle({ params, ...call }) {
        const message = params['uuid'] ?? '';
        await db.transaction((tx) => deleteGlobalMessage(tx, message));
        call.context.log.info({ message, by: nameOf(call) }, 'Global message deleted');
        return NO_CONTENT;
      },
    }),
  ];
}

function nameOf({ actor }: Pick<Call<unknown, unknown>, 'actor'>): string | undefined {
  return actor.kind === 'anonymous' ? undefined : actor.name;
}
