import type { Transaction } from '../../platform/db/index.ts';
import { readDefaultGrants } from './store.ts';

export type DefaultRole = 'read' | 'write' | 'admin';

/** What a new repository begins with; either a user or a team. */
export interface DefaultGrant {
  readonly grantee: { readonly kind: 'user' | 'team'; readonly id: number };
  readonly role: DefaultRole;
}

const RANK: Readonly<Record<DefaultRole, number>> = { read: 1, write: 2, admin: 3 };

/**
 * The grants that the default permissions of an organization give a repository which this user creates: at most one for each
 * grantee. What is said for his repositories goes before what is said for everybody's; of several the strongest counts.
 */
export async function resolveDefaultGrants(
  tx: Transaction,
  organizationId: number,
  creatorId: number,
): Promise<readonly DefaultGrant[]> {
  const grants = new Map<string, DefaultGrant & { readonly own: boolean }>();
  for (const row of await readDefaultGrants(tx, organizationId, creatorId)) {
    const { role, delegate_user_id: userId, delegate_team_id: teamId } = row;
    const grantee = { kind: userId === null ? 'team' : 'user', id: userId ?? teamId ?? 0 } as const;
    const own = row.activating_user_id !== null;
    const key = `${grantee.kind} ${grantee.id}`;
    const before = grants.get(key);
    const goesBefore = before === undefined || (own === before.own ? RANK[role] > RANK[before.role] : own);
    if (goesBefore) grants.set(key, { grantee, role, own });
  }
  return [...grants.values()];
}
