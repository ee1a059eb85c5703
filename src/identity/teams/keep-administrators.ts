import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { OrganizationKey } from '../organizations/lock-organization.ts';
import { hasAdministrator } from './store.ts';

/**
 * Undoes a change after which nobody would administer the organization, or after which an administrator who makes it would not
 * himself (Quay's rule). The caller holds the organization. Errors: INVALID_REQUEST.
 * @param administrator who makes the change, when it is his team that lets him
 */
export async function keepAdministrators(
  tx: Transaction,
  organization: OrganizationKey,
  administrator: number | undefined,
): Promise<void> {
  if (!(await hasAdministrator(tx, organization.id))) {
    throw new AppError(
      'INVALID_REQUEST',
      `Nobody would administer the organization "${organization.name}" any more; give another user that role first`,
    );
  }
  if (administrator !== undefined && !(await hasAdministrator(tx, organization.id, administrator))) {
    throw new AppError(
      'INVALID_REQUEST',
      `You would not administer the organization "${organization.name}" any more; let another administrator do this`,
    );
  }
}
