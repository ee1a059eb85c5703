import type { Database } from '../../platform/db/index.ts';
import { listOrganizationsOf } from './membership-store.ts';
import { listPrompts, type PromptKind, readProfile, readUser, readUserByName, type UserRow } from './store.ts';

/** An account of a person, as it is at this moment. */
export interface User {
  readonly id: number;
  readonly name: string;
  readonly email: string | undefined;
  readonly verified: boolean;
  readonly hasPassword: boolean;
  readonly invoiceEmail: boolean;
  readonly invoiceEmailAddress: string | undefined;
  /** undefined: DEFAULT_TAG_EXPIRATION holds. */
  readonly tagExpirationSeconds: number | undefined;
}

/** What only the user himself sees. */
export interface UserDetails {
  readonly givenName: string | undefined;
  readonly familyName: string | undefined;
  readonly company: string | undefined;
  readonly location: string | undefined;
  readonly prompts: readonly PromptKind[];
  readonly organizations: readonly MemberOf[];
}

/** An organization, and the strongest role of the user's teams in it. */
export interface MemberOf {
  readonly name: string;
  readonly role: 'member' | 'creator' | 'admin';
}

/** undefined: there is no such user, or he is disabled. Robots and organizations are no users. */
export async function findUser(
  db: Database,
  by: { readonly id: number } | { readonly name: string },
): Promise<User | undefined> {
  const row = await ('id' in by ? readUser(db, by.id) : readUserByName(db, by.name));
  return row && toUser(row);
}

export async function describeUser(db: Database, userId: number): Promise<UserDetails> {
  const [profile, prompts, memberships] = await Promise.all([
    readProfile(db, userId),
    listPrompts(db, userId),
    listOrganizationsOf(db, userId),
  ]);
  return {
    givenName: profile?.given_name ?? undefined,
    familyName: profile?.family_name ?? undefined,
    company: profile?.company ?? undefined,
    location: profile?.location ?? undefined,
    prompts,
    organizations: strongest(memberships),
  };
}

const RANK = { member: 0, creator: 1, admin: 2 } as const;

function strongest(memberships: readonly MemberOf[]): readonly MemberOf[] {
  const byName = new Map<string, MemberOf>();
  for (const membership of memberships) {
    const known = byName.get(membership.name);
    if (known === undefined || RANK[known.role] < RANK[membership.role]) byName.set(membership.name, membership);
  }
  return [...byName.values()];
}

function toUser(row: UserRow): User {
  return {
    id: row.id,
    name: row.name,
    email: row.email ?? undefined,
    verified: row.verified === 1,
    hasPassword: row.password_hash !== null,
    invoiceEmail: row.invoice_email === 1,
    invoiceEmailAddress: row.invoice_email_address ?? undefined,
    tagExpirationSeconds: row.tag_expiration_s ?? undefined,
  };
}
