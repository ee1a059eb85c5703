import { recordAudit } from '../audit/index.ts';
import { type Actor, auditActor } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import { type RepositoryName, splitRepositoryName } from '../kernel/reference.ts';
import { isForeignKeyViolation, type Transaction } from '../platform/db/index.ts';
import { deleteGrant, type Grantee, upsertGrant } from './grant-store.ts';
import type { Repository } from './model.ts';
import type { RepositoryRole } from './tables.ts';

export interface ChangeGrant {
  readonly repository: Repository;
  readonly name: RepositoryName;
  readonly grantee: Grantee;
  /** For the audit log. */
  readonly granteeName: string;
  readonly actor: Actor;
  readonly clientAddress?: string | undefined;
}

/**
 * Grants a role on a repository, in place of any other. The caller has decided `administer`.
 * Errors: INVALID_REQUEST when the grantee, or the repository, has gone since.
 */
export async function grantRole(tx: Transaction, input: ChangeGrant, role: RepositoryRole): Promise<void> {
  try {
    await upsertGrant(tx, input.repository.id, input.grantee, role);
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error;
    throw new AppError('INVALID_REQUEST', `"${input.granteeName}" was deleted meanwhile`, { cause: error });
  }
  await recordChange(tx, 'change_repo_permission', input, { role });
}

/** @returns whether something was granted. The caller has decided `administer`. */
export async function revokeRole(tx: Transaction, input: ChangeGrant): Promise<boolean> {
  const removed = await deleteGrant(tx, input.repository.id, input.grantee);
  if (removed) await recordChange(tx, 'delete_repo_permission', input, {});
  return removed;
}

async function recordChange(
  tx: Transaction,
  kind: 'change_repo_permission' | 'delete_repo_permission',
  { repository, name, grantee, granteeName, actor, clientAddress }: ChangeGrant,
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  const parts = splitRepositoryName(name);
  await recordAudit(tx, {
    kind,
    actor: auditActor(actor),
    namespaceId: repository.namespaceId,
    repositoryId: repository.id,
    clientAddress,
    metadata: {
      [grantee.kind === 'user' ? 'username' : 'team']: granteeName,
      repo: parts.repository,
      namespace: parts.namespace,
      ...facts,
    },
  });
}
