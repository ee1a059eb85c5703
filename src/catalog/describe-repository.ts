import { recordAudit } from '../audit/index.ts';
import { auditActor } from '../identity/index.ts';
import type { Transaction } from '../platform/db/index.ts';
import { splitRepositoryName } from '../kernel/reference.ts';
import type { RepositoryChange } from './model.ts';
import { updateAliveRepository } from './repository-store.ts';

/** Characters of a description that the log repeats. */
const LOGGED_MAX = 1024;

/**
 * Sets the description. The caller has bounded it and decided that the actor may write.
 * @returns false when the repository has been deleted meanwhile
 */
export async function describeRepository(
  tx: Transaction,
  change: RepositoryChange,
  description: string,
): Promise<boolean> {
  if (!(await updateAliveRepository(tx, change.repository.id, { description }))) return false;
  const { namespace, repository } = splitRepositoryName(change.name);
  await recordAudit(tx, {
    kind: 'set_repo_description',
    actor: auditActor(change.actor),
    namespaceId: change.repository.namespaceId,
    repositoryId: change.repository.id,
    clientAddress: change.clientAddress,
    metadata: { repo: repository, namespace, description: description.slice(0, LOGGED_MAX) },
  });
  return true;
}
