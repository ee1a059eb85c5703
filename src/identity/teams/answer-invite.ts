import { recordAudit } from '../../audit/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { ChangedBy } from '../audit-actor.ts';
import { lockOrganization } from '../organizations/lock-organization.ts';
import { deleteInvite, deleteInviteOf, type InviteRow, readInvite } from './invite-store.ts';
import { hashCode } from './send-invite.ts';
import { insertTeamMember } from './store.ts';

export interface AnsweredInvite {
  readonly organization: string;
  readonly team: string;
  /** Where the invitation was mailed to, if to an address: whoever has the code reads it. */
  readonly confirmedEmail: string | undefined;
}

type Answering = { readonly userId: number; readonly name: string };

/**
 * Joins the team that the code invites to. Whoever has the code of an invitation by mail may use it, that of a user only himself;
 * either works once. undefined: there is none of this code, it has ended, or is another one's.
 */
export async function acceptTeamInvite(
  tx: Transaction,
  code: string,
  user: Answering,
  by: ChangedBy,
): Promise<AnsweredInvite | undefined> {
  const invite = await takeInvite(tx, code, user);
  if (invite === undefined) return undefined;
  await insertTeamMember(tx, invite.team_id, user.userId);
  await deleteInviteOf(tx, invite.team_id, { user_id: user.userId, email: null });
  await recordAnswer(tx, 'org_team_member_invite_accepted', invite, user, by);
  return { organization: invite.organization, team: invite.team, confirmedEmail: invite.email ?? undefined };
}

/** @returns whether there was an invitation of this code for him */
export async function declineTeamInvite(
  tx: Transaction,
  code: string,
  user: Answering,
  by: ChangedBy,
): Promise<boolean> {
  const invite = await takeInvite(tx, code, user);
  if (invite === undefined) return false;
  await recordAnswer(tx, 'org_team_member_invite_declined', invite, user, by);
  return true;
}

async function takeInvite(tx: Transaction, code: string, user: Answering): Promise<InviteRow | undefined> {
  const invite = await readInvite(tx, hashCode(code));
  if (invite === undefined || (invite.user_id !== null && invite.user_id !== user.userId)) return undefined;
  await lockOrganization(tx, { id: invite.organization_id, name: invite.organization });
  return (await deleteInvite(tx, invite.id)) ? invite : undefined;
}

async function recordAnswer(
  tx: Transaction,
  kind: 'org_team_member_invite_accepted' | 'org_team_member_invite_declined',
  invite: InviteRow,
  { name: member }: Answering,
  by: ChangedBy,
): Promise<void> {
  const metadata = { member, team: invite.team, inviter: invite.inviter_name };
  await recordAudit(tx, { ...by, kind, namespaceId: invite.organization_id, metadata });
}
