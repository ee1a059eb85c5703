import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { lockOrganization } from '../organizations/lock-organization.ts';
import { hasOtherAdministrator, listOrganizationIdsOf } from './membership-store.ts';

/**
 * Refuses to let a user go without whom nobody would administer some organization (Quay's rule). Holds the organizations that he
 * administers until the transaction ends, so that the last two cannot go at once. Errors: INVALID_REQUEST with their names.
 */
export async function checkDispensable(
  tx: Transaction,
  user: { readonly userId: number; readonly name: string },
): Promise<void> {
  const alone: string[] = [];
  for (const organization of await listOrganizationIdsOf(tx, user.userId, 'admin')) {
    await lockOrganization(tx, organization);
    if (!(await hasOtherAdministrator(tx, organization.id, user.userId))) alone.push(organization.name);
  }
  if (alone.length === 0) return;
  throw new AppError(
    'INVALID_REQUEST',
    `Cannot delete ${user.name}, the only administrator of: ${shown(alone)}. Let somebody else administer them, or delete them first`,
  );
}

const SHOWN_MAX = 20;

function shown(names: readonly string[]): string {
  const more = names.length - SHOWN_MAX;
  return `${names.slice(0, SHOWN_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
