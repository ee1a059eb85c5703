import type { Kysely } from 'kysely';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { IdentityTables } from './tables.ts';

export interface PersonRow {
  readonly id: number;
  readonly name: string;
  readonly enabled: number;
  readonly email: string | null;
  readonly verified: number;
  readonly superuser: number;
}

export interface OrganizationListRow {
  readonly id: number;
  readonly name: string;
  readonly contact_email: string | null;
}

const COLUMNS = ['n.id', 'n.name', 'n.enabled', 'u.email', 'u.verified', 'u.superuser'] as const;

/** A deleted user or organization keeps its row under a name that begins with this sign, which nobody can have. */
const GONE = '!';

export function isGone({ name }: Pick<PersonRow, 'name'>): boolean {
  return name.startsWith(GONE);
}

/**
 * Accounts of people in the order in which they were made, with those who are disabled or were deleted: {@link isGone} tells the
 * latter. The page is cut before their names are looked up, or PostgreSQL would look up all of them.
 */
export function readPersonRows(
  db: Database,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly PersonRow[]> {
  const query = db.read<IdentityTables>();
  const people = query
    .selectFrom('user_account')
    .select(['namespace_id', 'email', 'verified', 'superuser'])
    .where('owner_id', 'is', null)
    .where('namespace_id', '>', page.after)
    .orderBy('namespace_id')
    .limit(page.limit);
  return query
    .selectFrom(people.as('u'))
    .innerJoin('namespace as n', 'n.id', 'u.namespace_id')
    .select(COLUMNS)
    .orderBy('u.namespace_id')
    .execute();
}

/** Organizations in the order in which they were made. */
export function listOrganizationRows(
  db: Database,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly OrganizationListRow[]> {
  return db
    .read<IdentityTables>()
    .selectFrom('namespace as n')
    .select(['n.id', 'n.name', 'n.contact_email'])
    .where('n.kind', '=', 'organization')
    .where('n.enabled', '=', 1)
    .where('n.name', 'not like', `${GONE}%`)
    .where('n.id', '>', page.after)
    .orderBy('n.id')
    .limit(page.limit)
    .execute();
}

/** By the name; undefined: there is no such user, or it is a robot's name. */
export function findPersonRow(db: Database, name: string): Promise<PersonRow | undefined> {
  return selectPersons(db.read<IdentityTables>()).where('n.name', '=', name).executeTakeFirst();
}

/**
 * The same inside a transaction and, on PostgreSQL, until it ends nobody else may change the account. (SQLite has one writer
 * anyway.)
 */
export function lockPersonRow(tx: Transaction, id: number): Promise<PersonRow | undefined> {
  return selectPersons(tx.query<IdentityTables>())
    .where('n.id', '=', id)
    .$if(tx.dialect === 'postgres', (query) => query.forUpdate('u'))
    .executeTakeFirst();
}

/** Everyone whom the database calls a superuser, and on PostgreSQL nobody else may change that until the transaction ends. */
export async function lockFlaggedRows(tx: Transaction): Promise<readonly PersonRow[]> {
  const query = tx.query<IdentityTables>();
  if (tx.dialect === 'postgres') {
    // By itself: of a join, what was not locked would be shown as it was before the wait.
    const flagged = query.selectFrom('user_account').select('namespace_id').where('superuser', '=', 1);
    await flagged.orderBy('namespace_id').forUpdate().execute();
  }
  return selectPersons(query).where('u.superuser', '=', 1).orderBy('n.id').execute();
}

/** Those of some names that are users who can sign in. */
export function listEnabledPersons(tx: Transaction, names: readonly string[]): Promise<readonly PersonRow[]> {
  if (names.length === 0) return Promise.resolve([]);
  return selectPersons(tx.query<IdentityTables>()).where('n.name', 'in', names).where('n.enabled', '=', 1).execute();
}

export async function updateSuperuser(tx: Transaction, id: number, superuser: boolean): Promise<void> {
  const change = { superuser: superuser ? 1 : 0 };
  await tx.query<IdentityTables>().updateTable('user_account').set(change).where('namespace_id', '=', id).execute();
}

/** A change of the password version voids all that was issued under it: sessions, registry tokens, refresh tokens. */
export async function updatePassword(tx: Transaction, id: number, passwordHash: string): Promise<void> {
  await tx
    .query<IdentityTables>()
    .updateTable('user_account')
    .set((row) => ({ password_hash: passwordHash, password_version: row('password_version', '+', 1) }))
    .where('namespace_id', '=', id)
    .execute();
}

/** @returns false when another user has the address. */
export async function updateEmail(tx: Transaction, id: number, email: string): Promise<boolean> {
  const query = tx.query<IdentityTables>();
  const other = await query
    .selectFrom('user_account')
    .select('namespace_id')
    .where('email', '=', email)
    .where('namespace_id', '!=', id)
    .executeTakeFirst();
  if (other !== undefined) return false;
  await query.updateTable('user_account').set({ email }).where('namespace_id', '=', id).execute();
  return true;
}

export async function updateEnabled(tx: Transaction, id: number, enabled: boolean): Promise<void> {
  const query = tx.query<IdentityTables>();
  await query
    .updateTable('namespace')
    .set({ enabled: enabled ? 1 : 0 })
    .where('id', '=', id)
    .execute();
  if (enabled) return;
  await query
    .updateTable('user_account')
    .set((row) => ({ password_version: row('password_version', '+', 1) }))
    .where('namespace_id', '=', id)
    .execute();
  await query.deleteFrom('session').where('user_id', '=', id).execute();
}

/** The oldest team whose members administer the organization; undefined: it has none. */
export function findAdministratorsTeam(
  tx: Transaction,
  organizationId: number,
): Promise<{ readonly id: number; readonly name: string } | undefined> {
  return tx
    .query<IdentityTables>()
    .selectFrom('team')
    .select(['id', 'name'])
    .where('organization_id', '=', organizationId)
    .where('role', '=', 'admin')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

export async function deleteTeamMembershipsOf(tx: Transaction, userId: number): Promise<void> {
  await tx.query<IdentityTables>().deleteFrom('team_member').where('user_id', '=', userId).execute();
}

function selectPersons(query: Kysely<IdentityTables>) {
  return query
    .selectFrom('user_account as u')
    .innerJoin('namespace as n', 'n.id', 'u.namespace_id')
    .select(COLUMNS)
    .where('u.owner_id', 'is', null)
    .where('n.name', 'not like', `${GONE}%`);
}
