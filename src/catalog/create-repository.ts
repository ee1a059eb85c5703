import { recordAudit } from '../audit/index.ts';
import { auditActor } from '../identity/index.ts';
import type { UserActor } from '../identity/index.ts';
import { splitRepositoryName } from '../kernel/reference.ts';
import type { RepositoryName } from '../kernel/reference.ts';
import type { Transaction } from '../platform/db/index.ts';
import type { Repository } from './model.ts';
import { insertRepository, insertUserGrant } from './repository-store.ts';
import type { Visibility } from './tables.ts';

export interface CreateRepository {
  /** The namespace that `name` begins with. */
  readonly namespaceId: number;
  readonly name: RepositoryName;
  readonly visibility: Visibility;
  readonly description?: string | undefined;
  /** Gets an admin grant, unless the namespace is his own. */
  readonly creator: UserActor;
  readonly clientAddress?: string | undefined;
}

/**
 * Creates a repository; the caller has checked `mayCreate`. Safe against parallel creation.
 * @returns undefined when the name is taken.
 */
export async function createRepository(tx: Transaction, input: CreateRepository): Promise<Repository | undefined> {
  const { creator, name, namespaceId } = input;
  const parts = splitRepositoryName(name);
  const row = { ...input, name: parts.repository };
  const repository = await insertRepository(tx, row, await tx.now());
  if (repository === undefined) return undefined;
  if (creator.userId !== namespaceId) await insertUserGrant(tx, repository.id, creator.userId, 'admin');
  await recordAudit(tx, {
    kind: 'create_repo',
    actor: auditActor(creator),
    namespaceId,
    repositoryId: repository.id,
    clientAddress: input.clientAddress,
    metadata: { repo: parts.repository, namespace: parts.namespace },
  });
  return repository;
}
