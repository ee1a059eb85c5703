import type { Transaction } from '../platform/db/index.ts';
import { deleteFormerNames } from './former-name-store.ts';
import { deleteApplicationsOf, deleteMembershipsOf, lockNamespace, markNamespaceDeleted } from './namespace-store.ts';

/**
 * Deletes a user or an organization as far as it is an account: its name, its e-mail address and the names of its robots are
 * free at once, it is in no organization of others any more, nothing that was issued to any of them or to its applications holds, and nobody can create anything in it any more. The rows stay,
 * with the old names in `deleted_namespace`, for whoever restores them. The repositories are the catalog's
 * (`deleteNamespace`); the caller records who did it.
 * @returns false when there is none, or it was deleted before
 */
export async function retireNamespace(tx: Transaction, namespaceId: number): Promise<boolean> {
  if (!(await lockNamespace(tx, namespaceId))) return false;
  await deleteFormerNames(tx, namespaceId);
  await deleteMembershipsOf(tx, namespaceId);
  await deleteApplicationsOf(tx, namespaceId);
  await markNamespaceDeleted(tx, namespaceId, await tx.now());
  return true;
}
