import { recordAudit } from '../audit/index.ts';
import type { ChangedBy, OrganizationKey } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import type { Transaction } from '../platform/db/index.ts';
import { deleteNamespace } from './delete-namespace.ts';

/** Deletes an organization with all that is in it; see {@link deleteNamespace}. Errors: NOT_FOUND when it is gone already. */
export async function deleteOrganization(tx: Transaction, organization: OrganizationKey, by: ChangedBy): Promise<void> {
  if (!(await deleteNamespace(tx, organization.id))) {
    throw new AppError('NOT_FOUND', 'The organization has been deleted');
  }
  const metadata = { namespace: organization.name };
  await recordAudit(tx, { ...by, kind: 'org_delete', namespaceId: organization.id, metadata });
}
