import { type AuditActor, recordAudit } from '../audit/index.ts';
import { AppError } from '../kernel/errors.ts';
import type { Transaction } from '../platform/db/index.ts';
import { nameTaken, namespaceNameFault } from './create-user.ts';
import { insertNamespace, insertTeam, insertTeamMember } from './store.ts';

/** Name of the team that each organization begins with; its members administer it. */
export const OWNERS_TEAM = 'owners';

export interface CreatedOrganization {
  readonly organizationId: number;
  readonly name: string;
}

/**
 * Creates an organization whose team `owners` has the creator as its only member. Errors: INVALID_REQUEST when the name
 * is malformed, reserved or taken.
 */
export async function createOrganization(
  tx: Transaction,
  name: string,
  owner: { readonly userId: number },
  by: AuditActor,
): Promise<CreatedOrganization> {
  const fault = namespaceNameFault('organization name', name);
  if (fault !== undefined) throw new AppError('INVALID_REQUEST', fault);
  const organizationId = await insertNamespace(tx, name, 'organization');
  if (organizationId === undefined) throw nameTaken(name);
  const teamId = await insertTeam(tx, { organizationId, name: OWNERS_TEAM, role: 'admin' });
  await insertTeamMember(tx, teamId, owner.userId);
  await recordAudit(tx, { kind: 'org_create', actor: by, namespaceId: organizationId, metadata: { namespace: name } });
  return { organizationId, name };
}
