import { federationTestRequest, robotFederationRequest } from '../../contract/index.ts';
import { auditActor, type UsedFederatedIdentity } from '../../identity/index.ts';
import { answer, NO_CONTENT } from '../frame/answer.ts';
import { defineOperation, type Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { CHANGES, findRobot, iso, OWNER_KINDS, ownerOf, type OwnerKind } from './robot-owner.ts';

/** Robots without a secret: whose tokens of an OpenID Connect issuer they may be had for. */
export function robotFederationOperations(ports: WebApiPorts): readonly Operation[] {
  return OWNER_KINDS.flatMap((kind) => operationsOf(ports, kind));
}

function operationsOf(ports: WebApiPorts, { path, word, read, write, scope }: OwnerKind): readonly Operation[] {
  const { db, robotFederation } = ports;
  const common = { tag: 'robot', scope, path: `${path}/robots/{robot_shortname}/federation` } as const;
  return [
    defineOperation({
      ...common,
      method: 'GET',
      id: `get${word}RobotFederation`,
      summary: 'List the federated identities of a robot',
      permission: read,
      statuses: [200],
      handle: async (call) => answer((await robotFederation.list(await findRobot(ports, call))).map(view)),
    }),
    defineOperation({
      ...common,
      method: 'POST',
      id: `create${word}RobotFederation`,
      flags: CHANGES,
      summary: 'Set the federated identities of a robot, in place of those that it had',
      permission: write,
      body: robotFederationRequest,
      statuses: [200, 400],
      async handle(call) {
        const robot = await findRobot(ports, call);
        const by = auditActor(call.actor);
        await db.transaction((tx) => robotFederation.replace(tx, ownerOf(call), robot, call.body, by));
        return answer((await robotFederation.list(robot)).map(view));
      },
    }),
    defineOperation({
      ...common,
      method: 'DELETE',
      id: `delete${word}RobotFederation`,
      flags: CHANGES,
      summary: 'Take all federated identities away from a robot',
      permission: write,
      statuses: [204, 400],
      async handle(call) {
        const robot = await findRobot(ports, call);
        await db.transaction((tx) => robotFederation.remove(tx, ownerOf(call), robot, auditActor(call.actor)));
        return NO_CONTENT;
      },
    }),
    defineOperation({
      ...common,
      method: 'POST',
      path: `${common.path}/test`,
      id: `test${word}RobotFederation`,
      summary: 'Say which federated identities of a robot a token fits, and why it does not fit the others',
      permission: write,
      // It changes nothing.
      flags: { ...CHANGES, worksReadOnly: true },
      body: federationTestRequest,
      statuses: [200, 400],
      async handle(call) {
        const { claims, verdicts } = await robotFederation.examine(await findRobot(ports, call), call.body.token);
        return answer({
          accepted: verdicts.some(({ matches }) => matches),
          claims: claims ?? null,
          identities: verdicts.map(({ identity, matches, reasons }) => ({ ...identity, matches, reasons })),
        });
      },
    }),
  ];
}

function view({ lastUsedAt, ...identity }: UsedFederatedIdentity): Readonly<Record<string, unknown>> {
  return lastUsedAt === undefined ? { ...identity } : { ...identity, last_used_at: iso(lastUsedAt) };
}
