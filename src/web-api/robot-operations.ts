import { z } from 'zod';
import { listGrantsOf } from '../catalog/index.ts';
import { newRobotRequest } from '../contract/index.ts';
import { auditActor, listTeamsOf, type Robot, type RobotOwner } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import { avatar } from './avatar.ts';
import { answer, type Answer, NO_CONTENT } from './frame/answer.ts';
import { rfc2822 } from './frame/dates.ts';
import {
  type Call,
  defineOperation,
  type Granted,
  mayShowSecrets,
  type Operation,
  type Permission,
} from './frame/operation.ts';
import { flag, wholeNumber } from './frame/parameters.ts';
import type { WebApiPorts } from './ports.ts';

/** Robots are the same below a user and below an organization; this is what differs. */
interface Owner {
  readonly path: string;
  /** `User` or `Org`, within Quay's operationIds. */
  readonly word: string;
  readonly read: Permission;
  readonly write: Permission;
  /** To see what robots may; superusers are left out, as in Quay. */
  readonly grants: Permission;
  readonly scope: 'user:admin' | 'org:admin';
}

const OWNERS: readonly Owner[] = [
  {
    path: '/user',
    word: 'User',
    read: { kind: 'user' },
    write: { kind: 'user' },
    grants: { kind: 'user' },
    scope: 'user:admin',
  },
  {
    path: '/organization/{orgname}',
    word: 'Org',
    read: { kind: 'organization', role: 'admin', superusers: 'always' },
    write: { kind: 'organization', role: 'admin', superusers: 'full' },
    grants: { kind: 'organization', role: 'admin' },
    scope: 'org:admin',
  },
];

const CHANGES = { notRestricted: true } as const;

const LIST = z.object({
  permissions: flag(false).describe('Tell the repositories and teams of each robot'),
  token: flag(true).describe('Show the tokens'),
  limit: wholeNumber({ min: 0, max: 100_000, byDefault: 0 }).describe('At most so many robots; 0: all'),
});

export function robotOperations(ports: WebApiPorts): readonly Operation[] {
  return OWNERS.flatMap((owner) => operationsOf(ports, owner));
}

function operationsOf(
  ports: WebApiPorts,
  { path, word, read, write, grants: seeGrants, scope }: Owner,
): readonly Operation[] {
  const { db, robots } = ports;
  const common = { tag: 'robot', scope } as const;
  return [
    defineOperation({
      ...common,
      method: 'GET',
      path: `${path}/robots`,
      id: `get${word}Robots`,
      summary: 'List the robots',
      permission: read,
      query: LIST,
      statuses: [200],
      async handle({ query, ...call }) {
        const list = await robots.list(ownerOf(call), query.limit === 0 ? undefined : query.limit);
        const ids = list.map(({ userId }) => userId);
        const tokens = query.token && mayShowSecrets(call.granted) ? await robots.tokens(list) : undefined;
        const views = list.map((robot) => view(robot, tokens?.get(robot.userId)));
        if (!query.permissions) return answer({ robots: views });
        const [teams, grants] = await Promise.all([listTeamsOf(db, ids), listGrantsOf(db, ids)]);
        const detailed = views.map((robot, index) => ({
          ...robot,
          teams: teams
            .filter((team) => team.user_id === ids[index])
            .map(({ name }) => ({ name, avatar: avatar(name, 'team') })),
          repositories: grants.filter((grant) => grant.user_id === ids[index]).map(({ repository }) => repository),
        }));
        return answer({ robots: detailed });
      },
    }),
    defineOperation({
      ...common,
      method: 'GET',
      path: `${path}/robots/{robot_shortname}`,
      id: `get${word}Robot`,
      summary: 'Show a robot with its token',
      permission: read,
      statuses: [200],
      handle: async (call) => show(ports, call.granted, await find(ports, call)),
    }),
    defineOperation({
      ...common,
      method: 'PUT',
      path: `${path}/robots/{robot_shortname}`,
      id: `create${word}Robot`,
      summary: 'Create a robot',
      permission: write,
      flags: CHANGES,
      body: newRobotRequest.optional(),
      statuses: [201, 400],
      async handle(call) {
        const { actor, params, body } = call;
        const created = await db.transaction((tx) => {
          const shortName = params['robot_shortname'] ?? '';
          const facts = { description: body?.description, metadata: body?.unstructured_metadata };
          return robots.create(tx, { owner: ownerOf(call), shortName, ...facts }, auditActor(actor));
        });
        return answer(view(created, created.token), 201);
      },
    }),
    defineOperation({
      ...common,
      method: 'DELETE',
      path: `${path}/robots/{robot_shortname}`,
      id: `delete${word}Robot`,
      summary: 'Delete a robot',
      permission: write,
      flags: CHANGES,
      statuses: [204, 400],
      async handle(call) {
        const robot = await find(ports, call);
        await db.transaction((tx) => robots.remove(tx, ownerOf(call), robot, auditActor(call.actor)));
        return NO_CONTENT;
      },
    }),
    defineOperation({
      ...common,
      method: 'GET',
      path: `${path}/robots/{robot_shortname}/permissions`,
      id: `get${word}RobotPermissions`,
      summary: 'List the repositories that are granted to a robot',
      // Quay publishes the user's scope for both; who may is decided by the permission.
      scope: 'user:admin',
      permission: seeGrants,
      statuses: [200],
      async handle(call) {
        const robot = await find(ports, call);
        const grants = await listGrantsOf(db, [robot.userId]);
        const permissions = grants.map(({ repository, visibility, role }) => ({
          repository: { name: repository, is_public: visibility === 'public' },
          role,
        }));
        return answer({ permissions });
      },
    }),
    defineOperation({
      ...common,
      method: 'POST',
      path: `${path}/robots/{robot_shortname}/regenerate`,
      id: `regenerate${word}RobotToken`,
      summary: 'Give a robot a new token; the old one ends',
      permission: write,
      flags: CHANGES,
      statuses: [200],
      async handle(call) {
        const robot = await find(ports, call);
        const token = await db.transaction((tx) => robots.regenerate(tx, ownerOf(call), robot, auditActor(call.actor)));
        return answer(view(robot, token));
      },
    }),
  ];
}

function ownerOf({ granted, actor }: Pick<Call<unknown, unknown>, 'granted' | 'actor'>): RobotOwner {
  if (granted.organization !== undefined) return granted.organization;
  if (actor.kind === 'user') return { id: actor.userId, name: actor.name };
  throw new Error('Robots have an owner');
}

/** Errors: INVALID_REQUEST, as Quay answers for a robot that is not there. */
async function find(
  { robots }: WebApiPorts,
  call: Pick<Call<unknown, unknown>, 'granted' | 'actor' | 'params'>,
): Promise<Robot> {
  const owner = ownerOf(call);
  const shortName = call.params['robot_shortname'] ?? '';
  const robot = await robots.find(owner, shortName);
  if (robot !== undefined) return robot;
  const shown = `${owner.name}+${shortName.slice(0, 64)}`;
  throw new AppError('INVALID_REQUEST', `Could not find robot with specified username: ${shown}`);
}

async function show({ robots }: WebApiPorts, granted: Granted, robot: Robot): Promise<Answer> {
  const tokens = mayShowSecrets(granted) ? await robots.tokens([robot]) : undefined;
  return answer(view(robot, tokens?.get(robot.userId)));
}

function view(robot: Robot, token: string | undefined): Readonly<Record<string, unknown>> {
  return {
    name: robot.name,
    created: rfc2822(robot.createdAt),
    last_accessed: robot.lastUsedAt === undefined ? null : rfc2822(robot.lastUsedAt),
    description: robot.description,
    ...(token === undefined ? {} : { token }),
    unstructured_metadata: robot.metadata,
  };
}
