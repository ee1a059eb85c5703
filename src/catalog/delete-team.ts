import { removeTeam, type TeamChange } from '../identity/index.ts';
import type { Transaction } from '../platform/db/index.ts';
import { deleteGrantsOfTeam } from './team-store.ts';

/** Deletes a team and what is granted to it. Errors: those of `removeTeam`. */
export async function deleteTeam(tx: Transaction, change: TeamChange): Promise<void> {
  await removeTeam(tx, change, (teamId) => deleteGrantsOfTeam(tx, teamId));
}
