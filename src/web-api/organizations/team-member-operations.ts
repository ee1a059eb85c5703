import { z } from 'zod';
import {
  addTeamMember,
  findTeam,
  listTeamInvites,
  listTeamMembers,
  listTeamsOfMember,
  removeTeamMember,
  type TeamMemberState,
} from '../../identity/index.ts';
import { avatar } from '../avatar.ts';
import { answer, NO_CONTENT } from '../frame/answer.ts';
import { refusal } from '../frame/authorize-call.ts';
import { type Call, defineOperation, type Operation } from '../frame/operation.ts';
import { flag } from '../frame/parameters.ts';
import type { WebApiPorts } from '../ports.ts';
import { ADMINISTRATORS, changeBy, invitePorts, isGranted, organizationOf } from './organization-call.ts';
import { emailInviteView } from './team-invite-operations.ts';
import { findTeamOf, teamNameOf } from './team-operations.ts';

const PATH = '/organization/{orgname}/team/{teamname}/members';

/** Who is in a team. */
export function teamMemberOperations(ports: WebApiPorts): readonly Operation[] {
  const { db } = ports;
  return [
    defineOperation({
      method: 'GET',
      path: PATH,
      id: 'getOrganizationTeamMembers',
      summary: 'List the members of a team',
      tag: 'team',
      scope: 'org:admin',
      // Of a team that is his own, a member who is no administrator sees it too.
      permission: { kind: 'organization', role: 'member', superusers: 'always' },
      query: z.object({ includePending: flag(false).describe('List those too who have been invited') }),
      statuses: [200, 404],
      async handle(call) {
        await refuseOtherTeams(ports, call);
        const team = await findTeamOf(ports, call);
        const members = await listTeamMembers(db, team.id);
        const mayEdit = await isGranted(ports, { method: 'PUT', permission: ADMINISTRATORS }, call);
        const invites = call.query.includePending && mayEdit ? await listTeamInvites(db, team.id) : [];
        return answer({
          name: team.name,
          members: [
            ...members.map((member) => memberView({ ...member, invited: false })),
            ...invites.map((invite) =>
              'email' in invite
                ? emailInviteView(invite.email)
                : memberView({ name: invite.name, isRobot: false, invited: true }),
            ),
          ],
          can_edit: mayEdit,
        });
      },
    }),
    defineOperation({
      method: 'PUT',
      path: `${PATH}/{membername}`,
      id: 'updateOrganizationTeamMember',
      summary: 'Put a user or a robot into a team',
      tag: 'team',
      scope: 'org:admin',
      permission: ADMINISTRATORS,
      statuses: [200, 400, 404],
      async handle(call) {
        const member = await db.transaction((tx) => addTeamMember(tx, memberChange(call), invitePorts(ports, call)));
        return answer(memberView(member));
      },
    }),
    defineOperation({
      method: 'DELETE',
      path: `${PATH}/{membername}`,
      id: 'deleteOrganizationTeamMember',
      summary: 'Take a user or a robot out of a team',
      tag: 'team',
      scope: 'org:admin',
      permission: ADMINISTRATORS,
      statuses: [204, 400, 404],
      async handle(call) {
        await db.transaction((tx) => removeTeamMember(tx, memberChange(call)));
        return NO_CONTENT;
      },
    }),
  ];
}

type MemberCall = Pick<Call<unknown, unknown>, 'actor' | 'context' | 'granted' | 'params'>;

function memberChange(call: MemberCall) {
  return { ...changeBy(call), teamName: teamNameOf(call), memberName: call.params['membername'] ?? '' };
}

/** A member sees no team but his own, not even whether there is one. */
async function refuseOtherTeams({ db }: WebApiPorts, call: MemberCall): Promise<void> {
  const { granted, actor, params } = call;
  if (granted.role !== 'member' && granted.role !== 'creator') return;
  // The scope that is published; a lesser one lets a token create repositories, and see nobody.
  if (actor.kind !== 'user' || actor.scopes?.includes('org:admin') === false) throw refusal(actor);
  const organization = organizationOf(call);
  const team = await findTeam(db, organization.id, teamNameOf({ params }));
  const own = await listTeamsOfMember(db, organization.id, actor.userId);
  if (team === undefined || !own.some(({ id }) => id === team.id)) throw refusal(actor);
}

function memberView({ name, isRobot, invited }: TeamMemberState): Readonly<Record<string, unknown>> {
  return { name, kind: 'user', is_robot: isRobot, avatar: avatar(name, isRobot ? 'robot' : 'user'), invited };
}
