import { recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { lockOrganization } from '../organizations/lock-organization.ts';
import { keepAdministrators } from './keep-administrators.ts';
import type { TeamChange } from './put-team.ts';
import {
  type AccountRow,
  deleteTeamMember,
  insertTeamMember,
  readAccount,
  readTeamInTransaction,
  type TeamRow,
} from './store.ts';

export interface TeamMemberChange extends TeamChange {
  /** Of a user, or of a robot of the organization. */
  readonly memberName: string;
}

/**
 * Puts a user or robot into a team. Errors: NOT_FOUND for the team; INVALID_REQUEST when there is no such user, when the robot is
 * another one's, and for who is in the team already.
 */
export async function addTeamMember(
  tx: Transaction,
  change: TeamMemberChange,
): Promise<{ readonly name: string; readonly isRobot: boolean }> {
  const team = await holdTeam(tx, change);
  const account = await readAccount(tx, change.memberName);
  if (account?.enabled !== 1) throw new AppError('INVALID_REQUEST', 'There is no such user');
  checkRobot(account, team);
  if (!(await insertTeamMember(tx, team.id, account.id))) {
    throw new AppError('INVALID_REQUEST', `"${account.name}" is in the team "${team.name}" already`);
  }
  await recordAudit(tx, {
    ...change.by,
    kind: 'org_add_team_member',
    namespaceId: team.organization_id,
    metadata: { member: account.name, team: team.name },
  });
  return { name: account.name, isRobot: account.owner_id !== null };
}

/**
 * Takes a user or robot out of a team. Errors: NOT_FOUND for the team or the user; INVALID_REQUEST for who is not in it, and for
 * the last administrator.
 */
export async function removeTeamMember(tx: Transaction, change: TeamMemberChange): Promise<void> {
  const team = await holdTeam(tx, change);
  const account = await readAccount(tx, change.memberName);
  if (account === undefined) throw new AppError('NOT_FOUND', 'There is no such user');
  if (!(await deleteTeamMember(tx, team.id, account.id))) {
    throw new AppError('INVALID_REQUEST', `"${account.name}" is not in the team "${team.name}"`);
  }
  if (team.role === 'admin') await keepAdministrators(tx, change.organization, change.administrator);
  await recordAudit(tx, {
    ...change.by,
    kind: 'org_remove_team_member',
    namespaceId: team.organization_id,
    metadata: { member: account.name, team: team.name },
  });
}

/** Holds the organization, and finds the team. Errors: NOT_FOUND. */
async function holdTeam(tx: Transaction, { organization, teamName }: TeamChange): Promise<TeamRow> {
  await lockOrganization(tx, organization);
  const team = await readTeamInTransaction(tx, organization.id, teamName);
  if (team === undefined) throw new AppError('NOT_FOUND', 'There is no such team in the organization');
  return team;
}

function checkRobot({ name, owner_id: owner }: AccountRow, team: TeamRow): void {
  if (owner === null || owner === team.organization_id) return;
  throw new AppError('INVALID_REQUEST', `The robot "${name}" is not one of the organization`);
}
