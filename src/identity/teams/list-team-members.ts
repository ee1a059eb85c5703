import { type Database, readInPages } from '../../platform/db/index.ts';
import { pageOfTeamMembers } from './store.ts';

/** Each page takes a millisecond or so. */
const PAGE = 500;

export interface TeamMember {
  readonly userId: number;
  readonly name: string;
  readonly isRobot: boolean;
}

/** Everyone in a team, by name. */
export async function listTeamMembers(db: Database, teamId: number): Promise<readonly TeamMember[]> {
  const rows = await readInPages<{ readonly user_id: number; readonly name: string; readonly owner_id: number | null }>(
    PAGE,
    (last, limit) => pageOfTeamMembers(db, teamId, last?.user_id ?? 0, limit),
  );
  return rows
    .map((row) => ({ userId: row.user_id, name: row.name, isRobot: row.owner_id !== null }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
