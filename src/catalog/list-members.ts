import { listOrganizationMembers, type OrganizationMember } from '../identity/index.ts';
import { type Database, readInPages } from '../platform/db/index.ts';
import { type MemberGrantRow, pageOfMemberGrants } from './member-grant-store.ts';

/** Each page takes a millisecond or so. */
const PAGE = 250;

/** Somebody who is in no team of an organization, and is granted something in it. */
export interface Collaborator {
  readonly name: string;
  /** Without the namespace, by name. */
  readonly repositories: readonly string[];
}

/** The users in any team of an organization, with the repositories that each is granted directly; by name. */
export async function listMembers(
  db: Database,
  organizationId: number,
): Promise<readonly (OrganizationMember & Collaborator)[]> {
  const [members, grants] = await Promise.all([
    listOrganizationMembers(db, organizationId),
    grantsByUser(db, organizationId),
  ]);
  return members.map((member) => ({ ...member, repositories: grants.get(member.userId)?.repositories ?? [] }));
}

/** The users in no team of an organization who are granted a repository of it; by name. */
export async function listCollaborators(db: Database, organizationId: number): Promise<readonly Collaborator[]> {
  const [members, grants] = await Promise.all([
    listOrganizationMembers(db, organizationId),
    grantsByUser(db, organizationId),
  ]);
  for (const { userId } of members) grants.delete(userId);
  return [...grants.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function grantsByUser(db: Database, organizationId: number): Promise<Map<number, Collaborator>> {
  const rows = await readInPages<MemberGrantRow>(PAGE, (last, limit) =>
    pageOfMemberGrants(db, organizationId, last ?? { repository: '', user_id: 0 }, limit),
  );
  const grants = new Map<number, Collaborator & { readonly repositories: string[] }>();
  for (const { user_id: userId, name, repository } of rows) {
    const found = grants.get(userId) ?? { name, repositories: [] };
    found.repositories.push(repository);
    grants.set(userId, found);
  }
  return grants;
}
