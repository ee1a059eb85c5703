import { recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { ChangedBy } from '../audit-actor.ts';
import { nameTaken, namespaceNameFault } from '../create-user.ts';
import {
  countFormerNames,
  deleteFormerName,
  deleteFormerNames,
  lockNamespaceName,
  swapNames,
} from '../former-name-store.ts';
import { insertNamespace } from '../store.ts';

/** Names that one namespace can hold besides its own. */
const FORMER_NAMES_MAX = 3;

/**
 * Gives a user or an organization another name, and its robots with it. Everything that was issued goes on working. Under the former name
 * clients find it for some time, in which the name is nobody else's: else whoever took it would get their pushes. Errors: NOT_FOUND when it is
 * gone; INVALID_REQUEST when the name is malformed, reserved or taken, or too many names are held already.
 * @param lifetimeMs RENAMED_NAMESPACE_LIFETIME
 */
export async function renameNamespace(
  tx: Transaction,
  namespace: { readonly id: number; readonly newName: string },
  lifetimeMs: number,
  by: ChangedBy,
): Promise<void> {
  const { id, newName } = namespace;
  const current = await lockNamespaceName(tx, id);
  if (current === undefined) throw new AppError('NOT_FOUND', 'There is no such user or organization');
  const { name: oldName, kind } = current;
  if (oldName === newName) return;
  const fault = namespaceNameFault(kind === 'user' ? 'user name' : 'organization name', newName);
  if (fault !== undefined) throw new AppError('INVALID_REQUEST', fault);
  // Back to a name of before is always possible.
  await deleteFormerName(tx, id, newName);
  if ((await countFormerNames(tx, id)) >= FORMER_NAMES_MAX) {
    throw new AppError(
      'INVALID_REQUEST',
      `"${oldName}" still holds ${FORMER_NAMES_MAX} former names, and no more can be held; try again when one has become free`,
    );
  }
  const placeholderId = await insertNamespace(tx, newName, 'user');
  if (placeholderId === undefined) throw nameTaken(newName);
  await swapNames(tx, { id, oldName, newName }, placeholderId, (await tx.now()) + lifetimeMs);
  if (lifetimeMs <= 0) await deleteFormerNames(tx, id);
  const metadata =
    kind === 'user' ? { username: newName, old_username: oldName } : { namespace: newName, old_namespace: oldName };
  await recordAudit(tx, {
    ...by,
    kind: kind === 'user' ? 'user_change_name' : 'org_change_name',
    namespaceId: id,
    metadata,
  });
}
