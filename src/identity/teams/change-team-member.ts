import { recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { lockOrganization } from '../organizations/lock-organization.ts';
import { deleteInviteOf } from './invite-store.ts';
import { keepAdministrators } from './keep-administrators.ts';
import type { TeamChange } from './put-team.ts';
import { type InvitePorts, sendInvite } from './send-invite.ts';
import {
  type AccountRow,
  deleteTeamMember,
  insertTeamMember,
  isMember,
  readAccount,
  readTeamInTransaction,
  type TeamRow,
} from './store.ts';

export interface TeamMemberChange extends TeamChange {
  /** Of a user, or of a robot of the organization. */
  readonly memberName: string;
}

export interface TeamMemberState {
  readonly name: string;
  readonly isRobot: boolean;
  /** He has been asked, and is no member before he agrees. */
  readonly invited: boolean;
}

/**
 * Puts a user or robot into a team. A user who is in no team of the organization yet is asked first, where mail is sent and
 * FEATURE_REQUIRE_TEAM_INVITE is on. Errors: NOT_FOUND for the team; INVALID_REQUEST when there is no such user, when the robot is
 * another one's, and for who is in the team already; those of `sendInvite`.
 */
export async function addTeamMember(
  tx: Transaction,
  change: TeamMemberChange,
  invites: InvitePorts,
): Promise<TeamMemberState> {
  const team = await holdTeam(tx, change);
  const account = await readAccount(tx, change.memberName);
  if (account?.enabled !== 1) throw new AppError('INVALID_REQUEST', 'There is no such user');
  checkRobot(account, team);
  const member = { name: account.name, isRobot: account.owner_id !== null };
  const asks = invites.mailer.enabled && invites.required && !member.isRobot;
  if (asks && !(await isMember(tx, team.organization_id, account.id))) {
    await inviteUser(tx, change, invites, team, account);
    return { ...member, invited: true };
  }
  if (!(await insertTeamMember(tx, team.id, account.id))) {
    throw new AppError('INVALID_REQUEST', `"${account.name}" is in the team "${team.name}" already`);
  }
  await deleteInviteOf(tx, team.id, { user_id: account.id, email: null });
  await recordMember(tx, 'org_add_team_member', change, team, { member: account.name });
  return { ...member, invited: false };
}

async function inviteUser(
  tx: Transaction,
  change: TeamMemberChange,
  invites: InvitePorts,
  team: TeamRow,
  { id, name, email }: AccountRow,
): Promise<void> {
  if (email === null) {
    throw new AppError(
      'INVALID_REQUEST',
      `"${name}" has no e-mail address at which he could be asked; he has to set one first`,
    );
  }
  await sendInvite(tx, invites, change, team, { user_id: id, email: null }, { address: email, name });
  await recordMember(tx, 'org_invite_team_member', change, team, { user: name, member: name });
}

/**
 * Takes a user or robot out of a team, or his invitation back. Errors: NOT_FOUND for the team or the user; INVALID_REQUEST for who is
 * not in it, and for the last administrator.
 */
export async function removeTeamMember(tx: Transaction, change: TeamMemberChange): Promise<void> {
  const team = await holdTeam(tx, change);
  const account = await readAccount(tx, change.memberName);
  if (account === undefined) throw new AppError('NOT_FOUND', 'There is no such user');
  const { id, name } = account;
  if ((await deleteInviteOf(tx, team.id, { user_id: id, email: null })) !== undefined) {
    await recordMember(tx, 'org_delete_team_member_invite', change, team, { user: name, member: name });
    return;
  }
  if (!(await deleteTeamMember(tx, team.id, id))) {
    throw new AppError('INVALID_REQUEST', `"${name}" is not in the team "${team.name}"`);
  }
  if (team.role === 'admin') await keepAdministrators(tx, change.organization, change.administrator);
  await recordMember(tx, 'org_remove_team_member', change, team, { member: name });
}

/** Invites whoever reads the mail of an address. Errors: NOT_FOUND for the team; those of `sendInvite`. */
export async function inviteByEmail(
  tx: Transaction,
  change: TeamChange,
  email: string,
  invites: InvitePorts,
): Promise<void> {
  const team = await holdTeam(tx, change);
  await sendInvite(tx, invites, change, team, { user_id: null, email }, { address: email, name: undefined });
  await recordMember(tx, 'org_invite_team_member', change, team, { email, member: email });
}

/** Errors: NOT_FOUND for the team, and for who is not invited. */
export async function takeBackInvite(tx: Transaction, change: TeamChange, email: string): Promise<void> {
  const team = await holdTeam(tx, change);
  if ((await deleteInviteOf(tx, team.id, { user_id: null, email })) === undefined) {
    throw new AppError('NOT_FOUND', 'Nobody is invited by this address');
  }
  await recordMember(tx, 'org_delete_team_member_invite', change, team, { email, member: email });
}

/** Holds the organization, and finds the team. Errors: NOT_FOUND. */
async function holdTeam(tx: Transaction, { organization, teamName }: TeamChange): Promise<TeamRow> {
  await lockOrganization(tx, organization);
  const team = await readTeamInTransaction(tx, organization.id, teamName);
  if (team === undefined) throw new AppError('NOT_FOUND', 'There is no such team in the organization');
  return team;
}

function checkRobot({ name, owner_id: owner }: AccountRow, team: TeamRow): void {
  if (owner === null || owner === team.organization_id) return;
  throw new AppError('INVALID_REQUEST', `The robot "${name}" is not one of the organization`);
}

async function recordMember(
  tx: Transaction,
  kind: 'org_add_team_member' | 'org_remove_team_member' | 'org_invite_team_member' | 'org_delete_team_member_invite',
  { by }: TeamChange,
  team: TeamRow,
  who: Readonly<Record<string, string>>,
): Promise<void> {
  await recordAudit(tx, { ...by, kind, namespaceId: team.organization_id, metadata: { ...who, team: team.name } });
}
