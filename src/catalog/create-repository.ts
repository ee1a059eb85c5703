import type { Transaction } from '../platform/db/index.ts';
import type { Repository } from './model.ts';
import { insertRepository, insertUserGrant } from './repository-store.ts';
import type { NewRepository } from './repository-store.ts';

export interface CreateRepository extends NewRepository {
  /** Gets an admin grant, unless the namespace is his own. */
  readonly creatorId: number;
}

/**
 * Creates a repository; the caller has checked `mayCreate`. Safe against parallel creation.
 * @returns undefined when the name is taken.
 */
export async function createRepository(tx: Transaction, input: CreateRepository): Promise<Repository | undefined> {
  const repository = await insertRepository(tx, input, await tx.now());
  if (repository !== undefined && input.creatorId !== input.namespaceId) {
    await insertUserGrant(tx, repository.id, input.creatorId, 'admin');
  }
  return repository;
}
