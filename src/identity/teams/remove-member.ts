import { recordAudits } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { ChangedBy } from '../audit-actor.ts';
import { lockOrganization, type OrganizationKey } from '../organizations/lock-organization.ts';
import { withdrawDefaultPermissions } from '../default-permissions/change-default-permission.ts';
import { deleteInvitesOf } from './invite-store.ts';
import { keepAdministrators } from './keep-administrators.ts';
import { deleteMemberships } from './membership-store.ts';
import { type AccountRow, readAccount } from './store.ts';

/**
 * Takes a user out of all teams of an organization, with his invitations and what new repositories would give him; also himself, while
 * others administer it. Nobody creates a repository in it meanwhile. Errors: NOT_FOUND when there is no
 * such user, or the organization is gone; INVALID_REQUEST for the last administrator.
 * @returns the user; whatever else of the organization was his is taken away by the caller
 */
export async function removeMember(
  tx: Transaction,
  organization: OrganizationKey,
  memberName: string,
  by: ChangedBy,
): Promise<AccountRow> {
  await lockOrganization(tx, organization, { creations: true });
  const account = await readAccount(tx, memberName);
  if (account === undefined || account.owner_id !== null) throw new AppError('NOT_FOUND', 'There is no such user');
  const teams = await deleteMemberships(tx, organization.id, account.id);
  if (teams.length > 0) await keepAdministrators(tx, organization, undefined);
  const invited = await deleteInvitesOf(tx, organization.id, account);
  const entry = { ...by, namespaceId: organization.id } as const;
  const member = account.name;
  await recordAudits(tx, [
    ...teams.map(
      ({ name: team }) => ({ ...entry, kind: 'org_remove_team_member', metadata: { member, team } }) as const,
    ),
    ...invited.map(
      (team) =>
        ({ ...entry, kind: 'org_delete_team_member_invite', metadata: { user: member, member, team } }) as const,
    ),
  ]);
  await withdrawDefaultPermissions(tx, organization, account.id, by);
  return account;
}
