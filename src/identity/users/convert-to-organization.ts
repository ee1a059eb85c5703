import { recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { ChangedBy } from '../audit-actor.ts';
import { insertTeam, insertTeamMember } from '../teams/store.ts';
import { deleteAccount, listOrganizationIdsOf } from './membership-store.ts';
import { lockUser, updateNamespace } from './store.ts';

/**
 * Makes an organization of a user: name, repositories, robots and what others were granted stay, the account goes, with everything that
 * was issued to it. The administrator is the only member of its team `owners`. The caller has taken away what the user himself was granted in
 * repositories. Errors: NOT_FOUND when he is gone; INVALID_REQUEST while he is in an organization.
 */
export async function convertToOrganization(
  tx: Transaction,
  { userId, administratorId }: { readonly userId: number; readonly administratorId: number },
  by: ChangedBy,
): Promise<void> {
  const user = await lockUser(tx, userId);
  if (user === undefined) throw new AppError('NOT_FOUND', 'There is no such user');
  const [organization] = await listOrganizationIdsOf(tx, userId);
  if (organization !== undefined) {
    throw new AppError(
      'INVALID_REQUEST',
      `An organization can be in no organization; leave "${organization.name}" and all others first`,
    );
  }
  await deleteAccount(tx, userId);
  await updateNamespace(tx, userId, { kind: 'organization', contact_email: user.email });
  const teamId = await insertTeam(tx, { organizationId: userId, name: 'owners', role: 'admin', description: '' });
  if (teamId === undefined) throw new Error('A user cannot have teams');
  await insertTeamMember(tx, teamId, administratorId);
  await recordAudit(tx, { ...by, kind: 'account_convert', namespaceId: userId, metadata: { username: user.name } });
}
