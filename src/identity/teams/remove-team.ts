import { recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { lockOrganization } from '../organizations/lock-organization.ts';
import { keepAdministrators } from './keep-administrators.ts';
import type { TeamChange } from './put-team.ts';
import { deleteTeamRow, readTeamInTransaction } from './store.ts';

/**
 * Deletes a team with its members, invites and default permissions. Errors: INVALID_REQUEST when there is none of this name, or when
 * the organization, or the caller, would be without an administrator; NOT_FOUND when the organization is gone.
 * @param revokeGrants takes away what is granted to the team, which refers to it
 */
export async function removeTeam(
  tx: Transaction,
  { organization, teamName, by, administrator }: TeamChange,
  revokeGrants: (teamId: number) => Promise<void>,
): Promise<void> {
  await lockOrganization(tx, organization, { creations: true });
  const team = await readTeamInTransaction(tx, organization.id, teamName);
  if (team === undefined) throw new AppError('INVALID_REQUEST', 'There is no such team in the organization');
  await revokeGrants(team.id);
  await deleteTeamRow(tx, team.id);
  if (team.role === 'admin') await keepAdministrators(tx, organization, administrator);
  const metadata = { team: team.name };
  await recordAudit(tx, { ...by, kind: 'org_delete_team', namespaceId: organization.id, metadata });
}
