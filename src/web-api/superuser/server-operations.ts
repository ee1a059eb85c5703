import { answer } from '../frame/answer.ts';
import { defineOperation, type Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { SUPERUSER, SUPERUSER_INTERNAL } from './superuser-operation.ts';

/** What superusers are told about this server. */
export function installServerOperations(ports: WebApiPorts): readonly Operation[] {
  return [
    defineOperation({
      ...SUPERUSER_INTERNAL,
      method: 'GET',
      path: '/superuser/changelog/',
      id: 'getChangeLog',
      summary: 'Show what is new in each version, as Markdown',
      statuses: [200],
      handle: async () => answer({ log: await ports.readChangeLog() }),
    }),
    defineOperation({
      ...SUPERUSER,
      method: 'GET',
      path: '/superuser/config',
      id: 'dumpConfig',
      summary: 'Show the configuration in effect, without secrets',
      flags: { ...SUPERUSER.flags, feature: ['FEATURE_SUPER_USERS', 'FEATURE_SUPERUSER_CONFIGDUMP'] },
      statuses: [200],
      handle: () => Promise.resolve(answer(ports.dumpConfig())),
    }),
  ];
}
