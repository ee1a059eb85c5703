import type { Transaction } from '../platform/db/index.ts';
import { markRepositoryDeleted } from './repository-store.ts';

/**
 * Deletes a repository: from now on everything under it answers as unknown, and its name is free. Its rows stay until garbage
 * collection has come by.
 * @returns whether there was one.
 */
export async function deleteRepository(tx: Transaction, repositoryId: number): Promise<boolean> {
  return markRepositoryDeleted(tx, repositoryId, await tx.now());
}
