import { type AuditActor, recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { emailFault, nameTaken, namespaceNameFault } from '../create-user.ts';
import { insertNamespace } from '../store.ts';
import { insertTeam, insertTeamMember } from '../teams/store.ts';
import { updateOrganization } from './store.ts';

/** Name of the team that each organization begins with; its members administer it. */
const OWNERS_TEAM = 'owners';

export interface CreatedOrganization {
  readonly organizationId: number;
  readonly name: string;
}

export interface NewOrganizationDetails {
  /** Whom to write to about it. */
  readonly email?: string | undefined;
  readonly clientAddress?: string | undefined;
}

/**
 * Creates an organization whose team `owners` has the creator as its only member. Errors: INVALID_REQUEST when the name
 * is malformed, reserved or taken, or the address is none.
 */
export async function createOrganization(
  tx: Transaction,
  name: string,
  owner: { readonly userId: number },
  by: AuditActor,
  { email, clientAddress }: NewOrganizationDetails = {},
): Promise<CreatedOrganization> {
  const fault = namespaceNameFault('organization name', name) ?? emailFault(email);
  if (fault !== undefined) throw new AppError('INVALID_REQUEST', fault);
  const organizationId = await insertNamespace(tx, name, 'organization');
  if (organizationId === undefined) throw nameTaken(name);
  if (email !== undefined) await updateOrganization(tx, organizationId, { contact_email: email });
  const teamId = await insertTeam(tx, { organizationId, name: OWNERS_TEAM, role: 'admin', description: '' });
  if (teamId === undefined) throw new Error('A new organization has a team already');
  await insertTeamMember(tx, teamId, owner.userId);
  await recordAudit(tx, {
    kind: 'org_create',
    actor: by,
    namespaceId: organizationId,
    clientAddress,
    metadata: { namespace: name, ...(email === undefined ? {} : { email }) },
  });
  return { organizationId, name };
}
