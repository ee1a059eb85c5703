import {
  type ChangeGrant,
  type Grantee,
  grantRole,
  listRolesByTeam,
  listTeamGrants,
  listUserGrants,
  revokeRole,
  type UserGrantRow,
} from '../catalog/index.ts';
import { roleRequest } from '../contract/index.ts';
import { findAccount, findTeam, listMemberIds } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import { splitRepositoryName } from '../kernel/reference.ts';
import { avatar } from './avatar.ts';
import { answer, NO_CONTENT } from './frame/answer.ts';
import { refusal } from './frame/authorize-call.ts';
import { type Call, defineOperation, type Operation } from './frame/operation.ts';
import type { WebApiPorts } from './ports.ts';

const COMMON = {
  tag: 'permission',
  scope: 'repo:admin',
  permission: { kind: 'repository', role: 'admin' },
} as const;
const USERS = '/repository/{repository}/permissions/user/';
const TEAMS = '/repository/{repository}/permissions/team/';

type RepositoryCall = Pick<Call<unknown, unknown>, 'granted' | 'actor' | 'context' | 'params'>;

/** Who may do what with a repository: direct grants to users, robots and teams. */
export function permissionOperations(ports: WebApiPorts): readonly Operation[] {
  return [...userPermissions(ports), ...teamPermissions(ports)];
}

function userPermissions(ports: WebApiPorts): readonly Operation[] {
  const { db } = ports;
  return [
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: USERS,
      id: 'listRepoUserPermissions',
      summary: 'List the users and robots with a role on the repository',
      statuses: [200],
      async handle(call) {
        const { repository } = repositoryOf(call);
        const members = await listMemberIds(db, repository.namespaceId);
        const rows = await listUserGrants(db, repository.id);
        return answer({
          permissions: Object.fromEntries(rows.map((row) => [row.name, userView(row, members)])),
        });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: `${USERS}{username}/transitive`,
      id: 'getUserTransitivePermission',
      summary: 'Show the roles of a user on the repository, direct and by his teams',
      statuses: [200, 404],
      async handle(call) {
        const { repository } = repositoryOf(call);
        const account = await findAccount(db, call.params['username'] ?? '');
        if (account === undefined) throw new AppError('NOT_FOUND', 'There is no such user');
        const direct = (await listUserGrants(db, repository.id)).filter(({ user_id: id }) => id === account.userId);
        const roles = [
          ...direct.map(({ role }) => role),
          ...(await listRolesByTeam(db, repository.id, account.userId)),
        ];
        if (roles.length === 0) throw new AppError('NOT_FOUND', 'The user has no role on the repository');
        return answer({ permissions: roles.map((role) => ({ role })) });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: `${USERS}{username}`,
      id: 'getUserPermissions',
      summary: 'Show the role that is granted to a user or robot',
      statuses: [200, 404],
      async handle(call) {
        return answer(await grantedTo(ports, call, call.params['username'] ?? ''));
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'PUT',
      path: `${USERS}{username}`,
      id: 'changeUserPermissions',
      summary: 'Grant a role to a user or robot',
      body: roleRequest,
      statuses: [200, 400],
      async handle(call) {
        const name = call.params['username'] ?? '';
        const change = await userChange(ports, call, name);
        await db.transaction((tx) => grantRole(tx, change, call.body.role));
        return answer(await grantedTo(ports, call, name));
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'DELETE',
      path: `${USERS}{username}`,
      id: 'deleteUserPermissions',
      summary: 'Take the role of a user or robot away',
      statuses: [204, 400],
      async handle(call) {
        const change = await userChange(ports, call, call.params['username'] ?? '');
        const removed = await db.transaction((tx) => revokeRole(tx, change));
        if (!removed) throw new AppError('INVALID_REQUEST', 'User does not have permission for repo');
        return NO_CONTENT;
      },
    }),
  ];
}

function teamPermissions(ports: WebApiPorts): readonly Operation[] {
  const { db } = ports;
  return [
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: TEAMS,
      id: 'listRepoTeamPermissions',
      summary: 'List the teams with a role on the repository',
      statuses: [200],
      async handle(call) {
        const rows = await listTeamGrants(db, repositoryOf(call).repository.id);
        return answer({ permissions: Object.fromEntries(rows.map((row) => [row.name, teamView(row)])) });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: `${TEAMS}{teamname}`,
      id: 'getTeamPermissions',
      summary: 'Show the role that is granted to a team',
      statuses: [200, 404],
      handle: async (call) => answer(await grantedToTeam(ports, call)),
    }),
    defineOperation({
      ...COMMON,
      method: 'PUT',
      path: `${TEAMS}{teamname}`,
      id: 'changeTeamPermissions',
      summary: 'Grant a role to a team',
      body: roleRequest,
      statuses: [200, 400],
      async handle(call) {
        const change = await teamChange(ports, call);
        await db.transaction((tx) => grantRole(tx, change, call.body.role));
        return answer(await grantedToTeam(ports, call));
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'DELETE',
      path: `${TEAMS}{teamname}`,
      id: 'deleteTeamPermissions',
      summary: 'Take the role of a team away',
      statuses: [204, 400],
      async handle(call) {
        const change = await teamChange(ports, call);
        const removed = await db.transaction((tx) => revokeRole(tx, change));
        if (!removed) throw new AppError('INVALID_REQUEST', 'Team does not have permission for repo');
        return NO_CONTENT;
      },
    }),
  ];
}

function repositoryOf({ granted, actor }: Pick<RepositoryCall, 'granted' | 'actor'>) {
  const access = granted.repository;
  if (access?.repository === undefined) throw refusal(actor);
  return { repository: access.repository, name: access.name };
}

function changeOf(call: RepositoryCall, grantee: Grantee, granteeName: string): ChangeGrant {
  return {
    ...repositoryOf(call),
    grantee,
    granteeName,
    actor: call.actor,
    clientAddress: call.context.clientAddress,
  };
}

/** Errors: INVALID_REQUEST for a name that is nobody's, and for the owner, who is its administrator anyway. */
async function userChange({ db }: WebApiPorts, call: RepositoryCall, name: string): Promise<ChangeGrant> {
  if (splitRepositoryName(repositoryOf(call).name).namespace === name) {
    throw new AppError('INVALID_REQUEST', 'Namespace owner must always be admin.');
  }
  const account = await findAccount(db, name);
  if (account === undefined) throw new AppError('INVALID_REQUEST', 'User does not exist');
  return changeOf(call, { kind: 'user', id: account.userId }, account.name);
}

async function teamChange({ db }: WebApiPorts, call: RepositoryCall): Promise<ChangeGrant> {
  const name = call.params['teamname'] ?? '';
  const team = await findTeam(db, repositoryOf(call).repository.namespaceId, name);
  if (team === undefined) throw new AppError('INVALID_REQUEST', 'Team does not exist in the organization');
  return changeOf(call, { kind: 'team', id: team.id }, name);
}

async function grantedTo({ db }: WebApiPorts, call: RepositoryCall, name: string) {
  const { repository } = repositoryOf(call);
  const row = (await listUserGrants(db, repository.id)).find((grant) => grant.name === name);
  if (row === undefined) throw new AppError('NOT_FOUND', 'User does not have permission for repo');
  return userView(row, await listMemberIds(db, repository.namespaceId));
}

async function grantedToTeam({ db }: WebApiPorts, call: RepositoryCall) {
  const rows = await listTeamGrants(db, repositoryOf(call).repository.id);
  const row = rows.find(({ name }) => name === call.params['teamname']);
  if (row === undefined) throw new AppError('NOT_FOUND', 'Team does not have permission for repo');
  return teamView(row);
}

/** @param members of the organization that has the repository; undefined: a user has it */
function userView({ name, role, user_id: userId, owner_id: owner }: UserGrantRow, members?: ReadonlySet<number>) {
  const isRobot = owner !== null;
  return {
    role,
    name,
    is_robot: isRobot,
    avatar: avatar(name, isRobot ? 'robot' : 'user'),
    ...(members === undefined ? {} : { is_org_member: members.has(userId) }),
  };
}

function teamView({ name, role }: { readonly name: string; readonly role: string }) {
  return { role, name, avatar: avatar(name, 'team') };
}
