import { AppError } from '../kernel/errors.ts';
import { answer } from './frame/answer.ts';
import { defineOperation, type Operation } from './frame/operation.ts';
import type { WebApiPorts } from './ports.ts';
import type { ConfigStanding } from './server-control.ts';

/** The server itself: whether it runs with the configuration as it is now, and beginning anew with that. */
export function serverOperations({ server }: WebApiPorts): readonly Operation[] {
  return [
    defineOperation({
      method: 'GET',
      path: '/superuser/registrystatus',
      id: 'scRegistryStatus',
      summary: 'Tell whether the registry is set up',
      tag: 'suconfig',
      permission: { kind: 'anyone' },
      flags: { internal: true, feature: 'FEATURE_SUPER_USERS' },
      statuses: [200],
      // One that is not does not answer here.
      handle: () => Promise.resolve(answer({ status: 'ready' })),
    }),
    defineOperation({
      method: 'GET',
      path: '/superuser/configstatus',
      id: 'getConfigStatus',
      summary: 'Tell whether the configuration has changed since the server began, and whether it could begin with it',
      tag: 'suconfig',
      scope: 'super:user',
      permission: { kind: 'superuser' },
      flags: { feature: 'FEATURE_SUPER_USERS' },
      statuses: [200],
      handle: async () => answer(view(await server.inspect())),
    }),
    defineOperation({
      method: 'POST',
      path: '/superuser/shutdown',
      id: 'scShutdownContainer',
      summary: 'Begin anew with the configuration as it is now, when a start could',
      tag: 'suconfig',
      permission: { kind: 'superuser' },
      // Leaving the read-only mode needs just this.
      flags: { internal: true, worksReadOnly: true, feature: 'FEATURE_SUPER_USERS' },
      statuses: [200, 400],
      async handle({ actor, context }) {
        const { problems } = await server.inspect();
        if (problems.length > 0) {
          throw new AppError(
            'INVALID_REQUEST',
            `The server goes on as it is, for it could not start again: ${problems.join('; ')}`,
            { detail: { problems } },
          );
        }
        context.log.warn({ by: actor.kind === 'user' ? actor.name : undefined }, 'A superuser restarts the server');
        server.restart();
        return answer({});
      },
    }),
  ];
}

function view(standing: ConfigStanding): Readonly<Record<string, unknown>> {
  return {
    // To the millisecond: who waits for a restart looks for another value.
    started: new Date(standing.startedAt).toISOString(),
    restart_required: standing.changedKeys.length > 0,
    changed_keys: standing.changedKeys,
    can_restart: standing.problems.length === 0,
    problems: standing.problems,
    warnings: standing.warnings,
  };
}
