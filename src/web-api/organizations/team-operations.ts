import { deleteTeam, listGrantsOfTeam } from '../../catalog/index.ts';
import { teamRequest } from '../../contract/index.ts';
import { findTeam, putTeam, type TeamRow } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { avatar } from '../avatar.ts';
import { answer, NO_CONTENT } from '../frame/answer.ts';
import { type Call, defineOperation, type Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { ADMINISTRATORS, changeBy, organizationOf } from './organization-call.ts';

const PATH = '/organization/{orgname}/team/{teamname}';

/** The teams of an organization, through which its members get their roles. */
export function teamOperations({ db }: WebApiPorts): readonly Operation[] {
  return [
    defineOperation({
      method: 'PUT',
      path: PATH,
      id: 'updateOrganizationTeam',
      summary: 'Create or change a team',
      tag: 'team',
      scope: 'org:admin',
      permission: ADMINISTRATORS,
      body: teamRequest,
      statuses: [200, 400],
      async handle(call) {
        const change = { ...changeBy(call), teamName: teamNameOf(call) };
        const team = await db.transaction((tx) => putTeam(tx, change, call.body));
        return answer({
          name: team.name,
          description: team.description,
          can_view: true,
          role: team.role,
          avatar: avatar(team.name, 'team'),
          new_team: team.isNew,
        });
      },
    }),
    defineOperation({
      method: 'DELETE',
      path: PATH,
      id: 'deleteOrganizationTeam',
      summary: 'Delete a team, and with it what is granted to it',
      tag: 'team',
      scope: 'org:admin',
      permission: ADMINISTRATORS,
      statuses: [204, 400],
      async handle(call) {
        const change = { ...changeBy(call), teamName: teamNameOf(call) };
        await db.transaction((tx) => deleteTeam(tx, change));
        return NO_CONTENT;
      },
    }),
    defineOperation({
      method: 'GET',
      path: `${PATH}/permissions`,
      id: 'getOrganizationTeamPermissions',
      summary: 'List the repositories that are granted to a team',
      tag: 'team',
      permission: ADMINISTRATORS,
      statuses: [200, 404],
      async handle(call) {
        const grants = await listGrantsOfTeam(db, (await findTeamOf({ db }, call)).id);
        const permissions = grants.map(({ repository, visibility, role }) => ({
          repository: { name: repository, is_public: visibility === 'public' },
          role,
        }));
        return answer({ permissions });
      },
    }),
  ];
}

export function teamNameOf({ params }: Pick<Call<unknown, unknown>, 'params'>): string {
  return params['teamname'] ?? '';
}

/** Errors: NOT_FOUND. */
export async function findTeamOf(
  { db }: Pick<WebApiPorts, 'db'>,
  call: Pick<Call<unknown, unknown>, 'granted' | 'params'>,
): Promise<TeamRow> {
  const team = await findTeam(db, organizationOf(call).id, teamNameOf(call));
  if (team === undefined) throw new AppError('NOT_FOUND', 'There is no such team in the organization');
  return team;
}
