import { recordAudit } from '../audit/index.ts';
import { checkDispensable, type ChangedBy } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import type { Transaction } from '../platform/db/index.ts';
import { deleteNamespace } from './delete-namespace.ts';

/**
 * Deletes a user with all that is his; see {@link deleteNamespace}. Errors: NOT_FOUND when he is gone already; INVALID_REQUEST when there
 * is an organization that nobody else administers.
 */
export async function deleteUser(
  tx: Transaction,
  user: { readonly userId: number; readonly name: string },
  by: ChangedBy,
): Promise<void> {
  await checkDispensable(tx, user);
  if (!(await deleteNamespace(tx, user.userId))) throw new AppError('NOT_FOUND', 'The user has been deleted');
  await recordAudit(tx, { ...by, kind: 'user_delete', namespaceId: user.userId, metadata: { username: user.name } });
}
