import { recordAudit } from '../audit/index.ts';
import { auditActor, shareNamespace } from '../identity/index.ts';
import type { AccountActor, UserActor } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import { splitRepositoryName } from '../kernel/reference.ts';
import type { RepositoryName } from '../kernel/reference.ts';
import type { Transaction } from '../platform/db/index.ts';
import { applyDefaultPermissions } from './apply-default-permissions.ts';
import type { CatalogPolicy } from './config.ts';
import type { Repository } from './model.ts';
import { insertRepository, insertUserGrant } from './repository-store.ts';
import { resolveAccessInTransaction } from './resolve-access.ts';
import type { Visibility } from './tables.ts';

export interface NewRepositoryRequest {
  readonly name: RepositoryName;
  readonly visibility: Visibility;
  readonly description?: string | undefined;
  readonly clientAddress?: string | undefined;
}

export interface CreateRepository extends NewRepositoryRequest {
  /** The namespace that `name` begins with. */
  readonly namespaceId: number;
  /** Gets an admin grant, unless the namespace is his own. */
  readonly creator: AccountActor;
}

/**
 * Creates a repository for an actor, if he may at this moment. Errors: DENIED when he may not, or the namespace is gone; NAME_INVALID.
 * @returns undefined when the name is taken
 */
export async function createRepositoryFor(
  tx: Transaction,
  policy: CatalogPolicy,
  actor: UserActor,
  request: NewRepositoryRequest,
): Promise<Repository | undefined> {
  const { mayCreate, namespace } = await resolveAccessInTransaction(tx, policy, actor, request.name);
  if (!mayCreate || namespace === undefined) {
    throw new AppError('DENIED', `The account may not create "${request.name}"`);
  }
  return createRepository(tx, policy, { ...request, namespaceId: namespace.id, creator: actor });
}

/**
 * Creates a repository, by whatever way it comes to be; the caller has checked `mayCreate`. Safe against parallel creation, and
 * against the deletion of the namespace meanwhile.
 * Errors: NAME_INVALID by FEATURE_EXTENDED_REPOSITORY_NAMES; DENIED when the namespace is gone.
 * @returns undefined when the name is taken.
 */
export async function createRepository(
  tx: Transaction,
  policy: Pick<CatalogPolicy, 'extendedNames'>,
  input: CreateRepository,
): Promise<Repository | undefined> {
  const { creator, name, namespaceId } = input;
  const parts = splitRepositoryName(name);
  if (!policy.extendedNames && parts.repository.includes('/')) {
    throw new AppError(
      'NAME_INVALID',
      `"${name}" has more than one "/", which names of new repositories may not have here`,
    );
  }
  if (!(await shareNamespace(tx, namespaceId))) {
    throw new AppError('DENIED', `There is no namespace "${parts.namespace}" to create repositories in`);
  }
  const row = { ...input, name: parts.repository };
  const repository = await insertRepository(tx, row, await tx.now());
  if (repository === undefined) return undefined;
  if (creator.userId !== namespaceId) {
    await insertUserGrant(tx, repository.id, creator.userId, 'admin');
    await applyDefaultPermissions(tx, repository, creator.userId);
  }
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
