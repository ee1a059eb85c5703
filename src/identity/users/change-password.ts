import { recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { Mailer } from '../../platform/mail/index.ts';
import type { ChangedBy } from '../audit-actor.ts';
import type { UserActor } from '../model.ts';
import { deleteConfirmationsFor } from './confirmation-store.ts';
import { passwordChangedLetter } from './letters.ts';
import { deleteSessionsOf, lockUser, updatePassword } from './store.ts';

/**
 * Sets a user's password: every session ends, as do registry and refresh tokens and codes for a new password. Returns the user as
 * he may sign in again. Errors: NOT_FOUND when he is gone or disabled.
 * @param origin of the registry, for the mail about it
 */
export async function changePassword(
  tx: Transaction,
  mailer: Mailer,
  { userId, passwordHash }: { readonly userId: number; readonly passwordHash: string },
  by: ChangedBy,
  origin: string,
): Promise<UserActor> {
  const user = await lockUser(tx, userId);
  if (user === undefined) throw new AppError('NOT_FOUND', 'There is no such user');
  const passwordVersion = await updatePassword(tx, userId, passwordHash);
  await deleteSessionsOf(tx, userId);
  await deleteConfirmationsFor(tx, userId, 'recover');
  if (user.email !== null) {
    await mailer.enqueue(tx, passwordChangedLetter({ to: user.email, name: user.name, origin }));
  }
  await recordAudit(tx, {
    ...by,
    kind: 'user_change_password',
    namespaceId: userId,
    metadata: { username: user.name },
  });
  return { kind: 'user', userId, name: user.name, passwordVersion, scopes: undefined };
}
