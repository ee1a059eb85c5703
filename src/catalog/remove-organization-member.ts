import { recordAudits } from '../audit/index.ts';
import { type ChangedBy, type OrganizationKey, removeMember } from '../identity/index.ts';
import type { Transaction } from '../platform/db/index.ts';
import { deleteGrantsOfUser } from './member-grant-store.ts';

/**
 * Takes a user out of all teams of an organization, and everything away that he is granted on its repositories. Errors: those of
 * `removeMember`.
 */
export async function removeOrganizationMember(
  tx: Transaction,
  organization: OrganizationKey,
  memberName: string,
  by: ChangedBy,
): Promise<void> {
  const { id: userId, name: username } = await removeMember(tx, organization, memberName, by);
  const repositories = await deleteGrantsOfUser(tx, organization.id, userId);
  await recordAudits(
    tx,
    repositories.map(({ id, name: repo }) => ({
      ...by,
      kind: 'delete_repo_permission',
      namespaceId: organization.id,
      repositoryId: id,
      metadata: { username, repo, namespace: organization.name },
    })),
  );
}
