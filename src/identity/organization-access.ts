import type { Actor } from './model.ts';
import { findOrganizationRole } from './organization-store.ts';
import type { Database } from '../platform/db/index.ts';

export type TeamRole = 'member' | 'creator' | 'admin';

/** What an actor may do in an organization. */
export interface OrganizationAccess {
  /** undefined: there is none of this name. */
  readonly organization: { readonly id: number; readonly name: string } | undefined;
  readonly role: 'none' | TeamRole;
}

const ROLES = ['none', 'member', 'creator', 'admin'] as const;

/**
 * The strongest role of the actor's teams in an organization, read live; an access token limits it by its scopes (`org:admin`,
 * `repo:create`). Robots have no say in organizations.
 */
export async function resolveOrganizationAccess(db: Database, name: string, actor: Actor): Promise<OrganizationAccess> {
  const row = await findOrganizationRole(db, name, actor.kind === 'user' ? actor.userId : 0);
  if (row === undefined) return { organization: undefined, role: 'none' };
  const organization = { id: row.id, name: row.name };
  if (actor.kind !== 'user' || row.password_version !== actor.passwordVersion) return { organization, role: 'none' };
  return { organization, role: ROLES[Math.min(row.team_rank ?? 0, ceiling(actor.scopes))] ?? 'none' };
}

function ceiling(scopes: readonly string[] | undefined): number {
  if (scopes === undefined || scopes.includes('org:admin')) return ROLES.indexOf('admin');
  return ROLES.indexOf(scopes.includes('repo:create') ? 'creator' : 'none');
}
