import { recordAudit } from '../audit/index.ts';
import { auditActor } from '../identity/index.ts';
import { splitRepositoryName } from '../kernel/reference.ts';
import type { Transaction } from '../platform/db/index.ts';
import type { RepositoryChange } from './model.ts';
import { updateAliveRepository } from './repository-store.ts';
import type { Visibility } from './tables.ts';

/**
 * Makes a repository public or private, from the next request on. The caller has decided that the actor administers it.
 * @returns false when it has been deleted meanwhile
 */
export async function changeVisibility(
  tx: Transaction,
  change: RepositoryChange,
  visibility: Visibility,
): Promise<boolean> {
  if (!(await updateAliveRepository(tx, change.repository.id, { visibility }))) return false;
  const { namespace, repository } = splitRepositoryName(change.name);
  await recordAudit(tx, {
    kind: 'change_repo_visibility',
    actor: auditActor(change.actor),
    namespaceId: change.repository.namespaceId,
    repositoryId: change.repository.id,
    clientAddress: change.clientAddress,
    metadata: { repo: repository, namespace, visibility },
  });
  return true;
}
