import { resolveDefaultGrants } from '../identity/index.ts';
import type { Transaction } from '../platform/db/index.ts';
import { insertGrants } from './repository-store.ts';

/**
 * Gives a new repository of an organization what its default permissions say. The creator has his role already, and no default takes
 * from it.
 */
export async function applyDefaultPermissions(
  tx: Transaction,
  { id, namespaceId }: { readonly id: number; readonly namespaceId: number },
  creatorId: number,
): Promise<void> {
  const grants = await resolveDefaultGrants(tx, namespaceId, creatorId);
  const others = grants.filter(({ grantee }) => grantee.kind === 'team' || grantee.id !== creatorId);
  if (others.length > 0) await insertGrants(tx, id, others);
}
