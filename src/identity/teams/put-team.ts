import { recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { isNamespaceName } from '../../kernel/reference.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { ChangedBy } from '../audit-actor.ts';
import type { TeamRole } from '../organization-access.ts';
import { lockOrganization, type OrganizationKey } from '../organizations/lock-organization.ts';
import { keepAdministrators } from './keep-administrators.ts';
import { insertTeam, readTeamInTransaction, type TeamRow, updateTeam } from './store.ts';

/** Whose team is changed, and by whom. */
export interface TeamChange {
  readonly organization: OrganizationKey;
  readonly teamName: string;
  readonly by: ChangedBy;
  /** The user who makes the change, when he may because a team lets him; undefined: a superuser. */
  readonly administrator: number | undefined;
}

/**
 * Creates a team, or changes the one of this name. Errors: INVALID_REQUEST for a name that is none, and for a role that would
 * leave the organization, or the caller, without an administrator; NOT_FOUND when the organization is gone.
 */
export async function putTeam(
  tx: Transaction,
  change: TeamChange,
  { role, description }: { readonly role?: TeamRole | undefined; readonly description?: string | undefined },
): Promise<TeamRow & { readonly isNew: boolean }> {
  const { organization, teamName, by } = change;
  await lockOrganization(tx, organization);
  const before = await readTeamInTransaction(tx, organization.id, teamName);
  if (before === undefined) return createTeam(tx, change, role ?? 'member', description ?? '');

  const entry = { ...by, namespaceId: organization.id } as const;
  if (description !== undefined && description !== before.description) {
    await updateTeam(tx, before.id, { description });
    const metadata = { team: teamName, description };
    await recordAudit(tx, { ...entry, kind: 'org_set_team_description', metadata });
  }
  if (role !== undefined && role !== before.role) {
    await updateTeam(tx, before.id, { role });
    if (before.role === 'admin') await keepAdministrators(tx, organization, change.administrator);
    await recordAudit(tx, { ...entry, kind: 'org_set_team_role', metadata: { team: teamName, role } });
  }
  return { ...before, role: role ?? before.role, description: description ?? before.description, isNew: false };
}

async function createTeam(
  tx: Transaction,
  { organization, teamName, by }: TeamChange,
  role: TeamRole,
  description: string,
): Promise<TeamRow & { readonly isNew: boolean }> {
  if (!isNamespaceName(teamName)) {
    throw new AppError(
      'INVALID_REQUEST',
      'The name of a team must be 2 to 255 lower-case letters and digits, with single ".", "_" or "-" between',
    );
  }
  const team = { organizationId: organization.id, name: teamName, role, description };
  const id = await insertTeam(tx, team);
  if (id === undefined) throw new Error('A team was made while its organization was held');
  const metadata = { team: teamName };
  await recordAudit(tx, { ...by, kind: 'org_create_team', namespaceId: organization.id, metadata });
  return { id, organization_id: organization.id, name: teamName, role, description, isNew: true };
}
