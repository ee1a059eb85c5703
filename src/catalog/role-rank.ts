import type { AccountActor } from '../identity/index.ts';
import type { RepositoryAccess } from './model.ts';

export type RoleName = RepositoryAccess['role'];

/** Roles by strength: the strongest of several is their maximum, a limit their minimum. The queries use the same numbers. */
export const RANK = { none: 0, read: 1, write: 2, admin: 3 } as const satisfies Record<RoleName, number>;

const ROLES: readonly RoleName[] = ['none', 'read', 'write', 'admin'];

export function roleOfRank(rank: number): RoleName {
  return ROLES[rank] ?? 'none';
}

/** The strongest role that the actor's token, if he uses one, lets him use where he has it. */
export function rankCeiling({ scopes }: Pick<AccountActor, 'scopes'>): number {
  if (scopes === undefined || scopes.includes('repo:admin')) return RANK.admin;
  if (scopes.includes('repo:write')) return RANK.write;
  return scopes.includes('repo:read') ? RANK.read : RANK.none;
}
