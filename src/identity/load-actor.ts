import type { Database } from '../platform/db/index.ts';
import { type Standing, standingOf, type StandingRules } from './standing.ts';
import { findLiveAccount } from './store.ts';

/** What holds of a user at this moment. */
export interface LiveUser extends Standing {
  readonly name: string;
}

/**
 * Looks whether a user may still act on what was issued to him: undefined when he is gone or disabled, or has changed
 * his password since (`passwordVersion`), or when a robot's `credential` is gone. One point read.
 */
export type LoadActor = (userId: number, passwordVersion: number, credential?: number) => Promise<LiveUser | undefined>;

export function createActorLoader(db: Database, rules: StandingRules): LoadActor {
  return (userId, passwordVersion, credential) => findLiveUser(db, rules, userId, passwordVersion, credential);
}

/** What {@link LoadActor} does, for slices that are given the rules and no identity. */
export async function findLiveUser(
  db: Database,
  rules: StandingRules,
  userId: number,
  passwordVersion: number,
  credential?: number,
): Promise<LiveUser | undefined> {
  const row = await findLiveAccount(db, userId, credential);
  if (row?.enabled !== 1 || row.password_version !== passwordVersion) return undefined;
  const account = { name: row.name, isRobot: row.owner_id !== null, superuser: row.superuser === 1 };
  return { name: row.name, ...standingOf(rules, account) };
}
