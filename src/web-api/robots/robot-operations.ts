import { z } from 'zod';
import { listGrantsOf } from '../../catalog/index.ts';
import { newRobotRequest, robotExpiryRequest } from '../../contract/index.ts';
import { auditActor, listTeamsOf, type Robot, type RobotOwner } from '../../identity/index.ts';
import { avatar } from '../avatar.ts';
import { answer, NO_CONTENT } from '../frame/answer.ts';
import { rfc2822 } from '../frame/dates.ts';
import { defineOperation, mayShowSecrets, type Operation } from '../frame/operation.ts';
import { flag, wholeNumber } from '../frame/parameters.ts';
import type { WebApiPorts } from '../ports.ts';
import { CHANGES, findRobot, iso, OWNER_KINDS, ownerOf, type OwnerKind, timeOf } from './robot-owner.ts';

type View = Readonly<Record<string, unknown>>;

/** Robots that are read, and whose tokens are decrypted, at a time: a few milliseconds. */
const PAGE = 100;

const LIST = z.object({
  permissions: flag(false).describe('Tell the repositories and teams of each robot'),
  token: flag(true).describe('Show the tokens'),
  limit: wholeNumber({ min: 0, max: 100_000, byDefault: 0 }).describe('At most so many robots; 0: all'),
});

/** Robots of users and organizations. */
export function robotOperations(ports: WebApiPorts): readonly Operation[] {
  return OWNER_KINDS.flatMap((kind) => operationsOf(ports, kind));
}

function operationsOf(
  ports: WebApiPorts,
  { path, word, read, write, grants: seeGrants, scope }: OwnerKind,
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
        const token = query.token && mayShowSecrets(call.granted);
        return answer({ robots: await list(ports, ownerOf(call), { ...query, token }) });
      },
    }),
    defineOperation({
      ...common,
      method: 'GET',
      path: `${path}/robots/{robot_shortname}`,
      id: `get${word}Robot`,
      summary: 'Show a robot with its newest token',
      permission: read,
      statuses: [200],
      async handle(call) {
        const robot = await findRobot(ports, call);
        const tokens = mayShowSecrets(call.granted) ? await robots.tokens([robot]) : undefined;
        return answer(view(robot, tokens?.get(robot.userId)));
      },
    }),
    defineOperation({
      ...common,
      method: 'PUT',
      path: `${path}/robots/{robot_shortname}`,
      id: `create${word}Robot`,
      flags: CHANGES,
      summary: 'Create a robot',
      permission: write,
      body: newRobotRequest.optional(),
      statuses: [201, 400],
      async handle(call) {
        const { actor, params, body } = call;
        const created = await db.transaction((tx) => {
          const shortName = params['robot_shortname'] ?? '';
          const facts = {
            description: body?.description,
            metadata: body?.unstructured_metadata,
            expiresAt: timeOf(body?.expires_at),
          };
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
      flags: CHANGES,
      summary: 'Delete a robot',
      permission: write,
      statuses: [204, 400],
      async handle(call) {
        const robot = await findRobot(ports, call);
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
        const robot = await findRobot(ports, call);
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
      flags: CHANGES,
      summary: 'Give a robot a new token; all that it had end',
      permission: write,
      statuses: [200],
      async handle(call) {
        const robot = await findRobot(ports, call);
        const token = await db.transaction((tx) => robots.regenerate(tx, ownerOf(call), robot, auditActor(call.actor)));
        return answer(view(robot, token));
      },
    }),
    defineOperation({
      ...common,
      method: 'PUT',
      path: `${path}/robots/{robot_shortname}/expiry`,
      id: `change${word}RobotExpiry`,
      flags: CHANGES,
      summary: 'Say when a robot ends, or that it does not',
      permission: write,
      body: robotExpiryRequest,
      statuses: [200, 400],
      async handle(call) {
        const robot = await findRobot(ports, call);
        const expiresAt = timeOf(call.body.expires_at);
        const by = auditActor(call.actor);
        await db.transaction((tx) => robots.changeExpiry(tx, ownerOf(call), robot, expiresAt, by));
        return answer(view({ ...robot, expiresAt }, undefined));
      },
    }),
  ];
}

/** All robots, or the first ones by name. However many there are, no single read is long. */
async function list(ports: WebApiPorts, owner: RobotOwner, query: z.infer<typeof LIST>): Promise<readonly View[]> {
  const views: View[] = [];
  let left = query.limit === 0 ? Number.POSITIVE_INFINITY : query.limit;
  let after: string | undefined;
  while (left > 0) {
    const limit = Math.min(PAGE, left);
    const page = await ports.robots.list(owner, { after, limit });
    views.push(...(await describePage(ports, page, query)));
    if (page.length < limit) break;
    left -= page.length;
    after = page.at(-1)?.name;
  }
  return views;
}

async function describePage(
  { db, robots }: WebApiPorts,
  page: readonly Robot[],
  query: z.infer<typeof LIST>,
): Promise<readonly View[]> {
  const tokens = query.token ? await robots.tokens(page) : undefined;
  const views = page.map((robot) => view(robot, tokens?.get(robot.userId)));
  if (!query.permissions) return views;
  const ids = page.map(({ userId }) => userId);
  const [teams, grants] = await Promise.all([listTeamsOf(db, ids), listGrantsOf(db, ids)]);
  const teamsOf = Map.groupBy(teams, (team) => team.user_id);
  const grantsOf = Map.groupBy(grants, (grant) => grant.user_id);
  return page.map(({ userId }, index) => ({
    ...views[index],
    teams: (teamsOf.get(userId) ?? []).map(({ name }) => ({ name, avatar: avatar(name, 'team') })),
    repositories: (grantsOf.get(userId) ?? []).map(({ repository }) => repository),
  }));
}

function view(robot: Robot, token: string | undefined): View {
  return {
    name: robot.name,
    created: rfc2822(robot.createdAt),
    last_accessed: robot.lastUsedAt === undefined ? null : rfc2822(robot.lastUsedAt),
    description: robot.description,
    ...(token === undefined ? {} : { token }),
    unstructured_metadata: robot.metadata,
    ...(robot.expiresAt === undefined ? {} : { expires_at: iso(robot.expiresAt) }),
  };
}
