import { recordAudit } from '../audit/index.ts';
import { auditActor } from '../identity/index.ts';
import { splitRepositoryName } from '../kernel/reference.ts';
import type { Transaction } from '../platform/db/index.ts';
import type { RepositoryChange } from './model.ts';
import { markRepositoryDeleted } from './repository-store.ts';

/**
 * Deletes a repository: from now on everything under it answers as unknown, and its name is free. Its rows stay until garbage
 * collection has come by. The caller has decided `administer`.
 * @returns whether it was still there.
 */
export async function deleteRepository(tx: Transaction, input: RepositoryChange): Promise<boolean> {
  const { id, namespaceId } = input.repository;
  const deleted = await markRepositoryDeleted(tx, id, await tx.now());
  if (!deleted) return false;
  const parts = splitRepositoryName(input.name);
  await recordAudit(tx, {
    kind: 'delete_repo',
    actor: auditActor(input.actor),
    namespaceId,
    repositoryId: id,
    clientAddress: input.clientAddress,
    metadata: { repo: parts.repository, namespace: parts.namespace },
  });
  return true;
}
