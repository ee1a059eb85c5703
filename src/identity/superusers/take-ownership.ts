import { recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { lockOrganization, type OrganizationKey } from '../organizations/lock-organization.ts';
import type { StandingRules } from '../standing.ts';
import { deleteTeamMembershipsOf, findAdministratorsTeam } from '../superuser-store.ts';
import { insertTeam, insertTeamMember } from '../teams/store.ts';
import { checkDispensable } from '../users/check-dispensable.ts';
import { type AdministeredBy, administerUser } from './change-person.ts';
import type { RegisteredUser } from './find-persons.ts';

/** The superuser who takes something over. */
export interface NewOwner extends AdministeredBy {
  readonly userId: number;
}

/** Makes a superuser an administrator of an organization, beside those that it has. Errors: NOT_FOUND when it is gone. */
export async function takeOrganization(tx: Transaction, organization: OrganizationKey, by: NewOwner): Promise<void> {
  const { id } = await lockOrganization(tx, organization);
  const team = await administratorsTeam(tx, id);
  await insertTeamMember(tx, team.id, by.userId);
  await recordTakeOver(tx, organization, by, { was_user: false, team: team.name });
}

/**
 * Takes a user out of all organizations, so that his namespace can be made one of somebody else's; his account is his until the caller does that.
 * Errors: NOT_FOUND when he is gone; DENIED for a superuser; INVALID_REQUEST while he alone administers an organization.
 */
export async function releaseUser(
  tx: Transaction,
  rules: StandingRules,
  user: Pick<RegisteredUser, 'id' | 'name'>,
  by: NewOwner,
): Promise<void> {
  await administerUser(tx, rules, user.id, by);
  await checkDispensable(tx, { userId: user.id, name: user.name });
  await deleteTeamMembershipsOf(tx, user.id);
  await recordTakeOver(tx, user, by, { was_user: true });
}

async function administratorsTeam(
  tx: Transaction,
  organizationId: number,
): Promise<{ readonly id: number; readonly name: string }> {
  const team = await findAdministratorsTeam(tx, organizationId);
  if (team !== undefined) return team;
  const name = 'owners';
  const id = await insertTeam(tx, { organizationId, name, role: 'admin', description: '' });
  if (id === undefined) {
    throw new AppError(
      'INVALID_REQUEST',
      'No team administers the organization; give its team "owners" the role admin',
    );
  }
  return { id, name };
}

async function recordTakeOver(
  tx: Transaction,
  namespace: OrganizationKey,
  { actor, clientAddress }: NewOwner,
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  await recordAudit(tx, {
    kind: 'take_ownership',
    actor,
    namespaceId: namespace.id,
    clientAddress,
    metadata: { entity_id: namespace.id, namespace: namespace.name, superuser: actor.name, ...facts },
  });
}
