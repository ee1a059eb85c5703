import type { Database } from '../platform/db/index.ts';
import { findLiveAccount } from './store.ts';

/** What holds of a user at this moment. */
export interface LiveUser {
  readonly name: string;
  readonly superuser: boolean;
}

/**
 * Looks whether a user may still act on what was issued to him: undefined when he is gone or disabled, or has changed
 * his password since (`passwordVersion`). One point read.
 */
export type LoadActor = (userId: number, passwordVersion: number) => Promise<LiveUser | undefined>;

/** @param superUsers SUPER_USERS: names that are superusers whatever the database says */
export function createActorLoader(db: Database, superUsers: readonly string[]): LoadActor {
  const configured = new Set(superUsers);
  return async (userId, passwordVersion) => {
    const row = await findLiveAccount(db, userId);
    if (row?.enabled !== 1 || row.password_version !== passwordVersion) return undefined;
    return { name: row.name, superuser: row.superuser === 1 || configured.has(row.name) };
  };
}
