import { AppError } from '../kernel/errors.ts';
import type { Transaction } from '../platform/db/index.ts';
import { lockAliveRepository } from './repository-store.ts';

/**
 * Holds the repository until the transaction ends. Whatever changes its manifests or tags takes this lock first: that orders
 * them, so that none sees half of another and none deadlocks. Reads and other repositories are not held up.
 * Errors: NAME_UNKNOWN when the repository was deleted meanwhile.
 */
export async function lockRepository(tx: Transaction, repositoryId: number): Promise<{ readonly namespaceId: number }> {
  const repository = await lockAliveRepository(tx, repositoryId);
  if (repository !== undefined) return repository;
  throw new AppError('NAME_UNKNOWN', 'The repository has been deleted; push again to create it anew');
}
