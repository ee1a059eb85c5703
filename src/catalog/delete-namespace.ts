import { retireNamespace } from '../identity/index.ts';
import type { Transaction } from '../platform/db/index.ts';
import { markRepositoriesDeleted } from './repository-store.ts';

/**
 * Deletes a user or an organization with its robots and repositories. All their names, and the e-mail address, are free at
 * once; the rows stay, restorable, until garbage collection has come by. Its repositories and the namespace
 * (`deleted_namespace`) bear the same time, so that a restore can tell them from those deleted before. The caller has decided
 * that the actor may, and records it.
 * @returns false when there is none, or it was deleted before
 */
export async function deleteNamespace(tx: Transaction, namespaceId: number): Promise<boolean> {
  // Repositories are locked before their namespace, as by pushes. Nobody can create one after the second step, so that the
  // third finds what was created during the first.
  await deleteRepositoriesOf(tx, namespaceId);
  if (!(await retireNamespace(tx, namespaceId))) return false;
  await deleteRepositoriesOf(tx, namespaceId);
  return true;
}

/** Deletes every repository of a namespace, as {@link deleteNamespace} does. @returns how many there were */
export async function deleteRepositoriesOf(tx: Transaction, namespaceId: number): Promise<number> {
  return markRepositoriesDeleted(tx, namespaceId, await tx.now());
}
