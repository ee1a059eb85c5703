import { z } from 'zod';
import { newRobotTokenRequest } from '../../contract/index.ts';
import { auditActor, type RobotToken } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { answer, NO_CONTENT } from '../frame/answer.ts';
import { defineOperation, mayShowSecrets, type Operation } from '../frame/operation.ts';
import { flag } from '../frame/parameters.ts';
import type { WebApiPorts } from '../ports.ts';
import { CHANGES, findRobot, iso, OWNER_KINDS, ownerOf, type OwnerKind, timeOf } from './robot-owner.ts';

const LIST = z.object({ token: flag(false).describe('Show the secrets') });

/** The tokens of a robot, of which several may live at a time, so that they can be changed without a gap. Quay has one. */
export function robotTokenOperations(ports: WebApiPorts): readonly Operation[] {
  return OWNER_KINDS.flatMap((kind) => operationsOf(ports, kind));
}

function operationsOf(ports: WebApiPorts, { path, word, read, write, scope }: OwnerKind): readonly Operation[] {
  const { db, robots } = ports;
  const common = { tag: 'robot', scope } as const;
  return [
    defineOperation({
      ...common,
      method: 'GET',
      path: `${path}/robots/{robot_shortname}/tokens`,
      id: `list${word}RobotTokens`,
      summary: 'List the tokens of a robot',
      permission: read,
      query: LIST,
      statuses: [200],
      async handle(call) {
        const tokens = await robots.listTokens(await findRobot(ports, call));
        const secrets = call.query.token && mayShowSecrets(call.granted);
        return answer({
          tokens: tokens.map((token) => ({ ...view(token), ...(secrets ? { token: token.token } : {}) })),
        });
      },
    }),
    defineOperation({
      ...common,
      method: 'POST',
      path: `${path}/robots/{robot_shortname}/tokens`,
      id: `create${word}RobotToken`,
      summary: 'Give a robot one more token; those that it has go on',
      permission: write,
      flags: CHANGES,
      body: newRobotTokenRequest,
      statuses: [201, 400],
      async handle(call) {
        const robot = await findRobot(ports, call);
        const wanted = { name: call.body.name, expiresAt: timeOf(call.body.expires_at) };
        const by = auditActor(call.actor);
        const { uuid, token } = await db.transaction((tx) => robots.addToken(tx, ownerOf(call), robot, wanted, by));
        const created = (await robots.listTokens(robot)).find((one) => one.uuid === uuid);
        if (created === undefined) throw new AppError('NOT_FOUND', 'The token has been revoked meanwhile');
        return answer({ ...view(created), token }, 201);
      },
    }),
    defineOperation({
      ...common,
      method: 'DELETE',
      path: `${path}/robots/{robot_shortname}/tokens/{token_uuid}`,
      id: `delete${word}RobotToken`,
      summary: 'Revoke a token of a robot, and what was issued for it, at once',
      permission: write,
      flags: CHANGES,
      statuses: [204, 404],
      async handle(call) {
        const robot = await findRobot(ports, call);
        const uuid = call.params['token_uuid'] ?? '';
        await db.transaction((tx) => robots.revokeToken(tx, ownerOf(call), robot, uuid, auditActor(call.actor)));
        return NO_CONTENT;
      },
    }),
  ];
}

function view(token: RobotToken): Readonly<Record<string, unknown>> {
  return {
    uuid: token.uuid,
    name: token.name,
    created_at: iso(token.createdAt),
    expires_at: iso(token.expiresAt),
    last_used_at: iso(token.lastUsedAt),
  };
}
