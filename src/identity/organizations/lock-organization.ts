import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { lockOrganizationRow, type OrganizationRow } from './store.ts';

export interface OrganizationKey {
  readonly id: number;
  readonly name: string;
}

/**
 * Holds an organization until the transaction ends. Whatever changes its teams and their members takes this lock first: so
 * two administrators cannot remove each other at the same time. Errors: NOT_FOUND when it has been deleted meanwhile.
 * @param options.creations whether nobody may create a repository in it meanwhile either, which default permissions are applied to
 */
export async function lockOrganization(
  tx: Transaction,
  { id }: OrganizationKey,
  { creations = false }: { readonly creations?: boolean } = {},
): Promise<OrganizationRow> {
  const row = await lockOrganizationRow(tx, id, creations);
  if (row === undefined) throw new AppError('NOT_FOUND', 'The organization has been deleted');
  return row;
}
