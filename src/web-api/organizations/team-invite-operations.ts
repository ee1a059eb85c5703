import {
  acceptTeamInvite,
  declineTeamInvite,
  inviteByEmail,
  takeBackInvite,
  type UserActor,
} from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { avatar } from '../avatar.ts';
import { answer, NO_CONTENT } from '../frame/answer.ts';
import { refusal } from '../frame/authorize-call.ts';
import { type Call, defineOperation, type Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { ADMINISTRATORS, changeBy, changedBy, invitePorts } from './organization-call.ts';
import { teamNameOf } from './team-operations.ts';

const BY_EMAIL = '/organization/{orgname}/team/{teamname}/invite/{email}';
const ANSWER = '/teaminvite/{code}';
const COMMON = { tag: 'team' } as const;

type AnyCall = Pick<Call<unknown, unknown>, 'actor' | 'context' | 'granted' | 'params'>;

/** Invitations to teams by mail, and their answers. */
export function teamInviteOperations(ports: WebApiPorts): readonly Operation[] {
  const { db } = ports;
  return [
    defineOperation({
      ...COMMON,
      method: 'PUT',
      path: BY_EMAIL,
      id: 'inviteTeamMemberEmail',
      summary: 'Invite whoever reads the mail of an address to a team',
      scope: 'org:admin',
      permission: ADMINISTRATORS,
      flags: { feature: 'FEATURE_MAILING' },
      statuses: [200, 400, 404],
      async handle(call) {
        const invites = invitePorts(ports, call);
        if (!invites.mailer.enabled) throw new AppError('NOT_FOUND', 'This registry sends no mail');
        const email = emailOf(call);
        await db.transaction((tx) => inviteByEmail(tx, changeOf(call), email, invites));
        return answer(emailInviteView(email));
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'DELETE',
      path: BY_EMAIL,
      id: 'deleteTeamMemberEmailInvite',
      summary: 'Take the invitation of an address back',
      scope: 'org:admin',
      permission: ADMINISTRATORS,
      flags: { feature: 'FEATURE_MAILING' },
      statuses: [204, 404],
      async handle(call) {
        await db.transaction((tx) => takeBackInvite(tx, changeOf(call), emailOf(call)));
        return NO_CONTENT;
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'PUT',
      path: ANSWER,
      id: 'acceptOrganizationTeamInvite',
      summary: 'Accept an invitation to a team',
      scope: 'user:admin',
      permission: { kind: 'user' },
      flags: { internal: true, feature: 'FEATURE_MAILING' },
      statuses: [200, 404],
      async handle(call) {
        const user = userOf(call);
        const accepted = await db.transaction((tx) => acceptTeamInvite(tx, codeOf(call), user, changedBy(call)));
        if (accepted === undefined) throw noSuchInvite();
        return answer({ org: accepted.organization, team: accepted.team });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'DELETE',
      path: ANSWER,
      id: 'declineOrganizationTeamInvite',
      summary: 'Decline an invitation to a team',
      scope: 'user:admin',
      permission: { kind: 'user' },
      flags: { internal: true, feature: 'FEATURE_MAILING' },
      statuses: [204, 404],
      async handle(call) {
        const user = userOf(call);
        const declined = await db.transaction((tx) => declineTeamInvite(tx, codeOf(call), user, changedBy(call)));
        if (!declined) throw noSuchInvite();
        return NO_CONTENT;
      },
    }),
  ];
}

/** A pending invitation in the list of a team's members. */
export function emailInviteView(email: string): Readonly<Record<string, unknown>> {
  return { email, kind: 'invite', avatar: avatar(email, 'user'), invited: true };
}

function changeOf(call: AnyCall) {
  return { ...changeBy(call), teamName: teamNameOf(call) };
}

/** Addresses differ by case nowhere that matters. */
function emailOf({ params }: AnyCall): string {
  return (params['email'] ?? '').toLowerCase();
}

function codeOf({ params }: AnyCall): string {
  return params['code'] ?? '';
}

function userOf({ actor }: AnyCall): UserActor {
  if (actor.kind !== 'user') throw refusal(actor);
  return actor;
}

function noSuchInvite(): AppError {
  return new AppError('NOT_FOUND', 'There is no such invitation; it may have been used, taken back or have ended');
}
