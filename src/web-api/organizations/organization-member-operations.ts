import { listCollaborators, listGrantsOf, listMembers, removeOrganizationMember } from '../../catalog/index.ts';
import { findMember, listTeamsOfMember } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { avatar } from '../avatar.ts';
import { answer, NO_CONTENT } from '../frame/answer.ts';
import { defineOperation, type Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { ADMINISTRATORS, changedBy, organizationOf } from './organization-call.ts';

const PATH = '/organization/{orgname}';
const COMMON = { tag: 'organization', scope: 'org:admin', permission: ADMINISTRATORS } as const;

/** Who is in an organization by a team, and who is granted something without. */
export function organizationMemberOperations({ db }: WebApiPorts): readonly Operation[] {
  return [
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: `${PATH}/collaborators`,
      id: 'getOrganizationCollaborators',
      summary: 'List the users in no team who are granted a repository',
      permission: { ...ADMINISTRATORS, superusers: 'always' },
      statuses: [200, 404],
      async handle(call) {
        const collaborators = await listCollaborators(db, organizationOf(call).id);
        return answer({
          collaborators: collaborators.map(({ name, repositories }) => ({
            kind: 'user',
            name,
            avatar: avatar(name, 'user'),
            repositories,
          })),
        });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: `${PATH}/members`,
      id: 'getOrganizationMembers',
      summary: 'List the users in any team, with their teams and what they are granted directly',
      statuses: [200, 404],
      async handle(call) {
        const members = await listMembers(db, organizationOf(call).id);
        return answer({
          members: members.map(({ name, teams, repositories }) => ({
            name,
            kind: 'user',
            avatar: avatar(name, 'user'),
            teams: teams.map(teamView),
            repositories,
          })),
        });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: `${PATH}/members/{membername}`,
      id: 'getOrganizationMember',
      summary: 'Show a member, or a robot of the organization',
      statuses: [200, 404],
      async handle(call) {
        const organization = organizationOf(call);
        const account = await findMember(db, call.params['membername'] ?? '');
        const teams = account === undefined ? [] : await listTeamsOfMember(db, organization.id, account.id);
        if (account === undefined || (teams.length === 0 && account.owner_id !== organization.id)) {
          throw new AppError('NOT_FOUND', 'The organization has no such member');
        }
        const grants = await listGrantsOf(db, [account.id], organization.id);
        const kind = account.owner_id === null ? 'user' : 'robot';
        return answer({
          name: account.name,
          kind,
          avatar: avatar(account.name, kind),
          teams: teams.map(({ name }) => teamView(name)),
          repositories: grants.map(({ repository }) => repository),
        });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'DELETE',
      path: `${PATH}/members/{membername}`,
      id: 'removeOrganizationMember',
      summary: 'Take a user out of all teams, and away what he is granted',
      statuses: [204, 400, 404],
      async handle(call) {
        const name = call.params['membername'] ?? '';
        await db.transaction((tx) => removeOrganizationMember(tx, organizationOf(call), name, changedBy(call)));
        return NO_CONTENT;
      },
    }),
  ];
}

function teamView(name: string): Readonly<Record<string, unknown>> {
  return { name, avatar: avatar(name, 'team') };
}
