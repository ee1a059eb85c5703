import { type ChangedBy, convertToOrganization } from '../identity/index.ts';
import type { Transaction } from '../platform/db/index.ts';
import { deleteGrantsOf } from './grant-store.ts';

/**
 * Makes an organization of a user; see {@link convertToOrganization}. What he himself was granted in repositories of others goes: an
 * organization signs in nowhere.
 */
export async function convertUser(
  tx: Transaction,
  user: { readonly userId: number; readonly administratorId: number },
  by: ChangedBy,
): Promise<void> {
  await deleteGrantsOf(tx, user.userId);
  await convertToOrganization(tx, user, by);
}
