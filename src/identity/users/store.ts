import { sql } from 'kysely';
import { AppError } from '../../kernel/errors.ts';
import { type Database, isUniqueViolation, type Transaction } from '../../platform/db/index.ts';
import type { IdentityTables } from '../tables.ts';

export type PromptKind = 'confirm_username' | 'enter_name' | 'enter_company';

export interface UserRow {
  readonly id: number;
  readonly name: string;
  readonly email: string | null;
  readonly verified: number;
  readonly superuser: number;
  readonly password_hash: string | null;
  readonly password_version: number;
  readonly invoice_email: number;
  readonly invoice_email_address: string | null;
  readonly tag_expiration_s: number | null;
}

const COLUMNS = [
  'n.id',
  'n.name',
  'u.email',
  'u.verified',
  'u.superuser',
  'u.password_hash',
  'u.password_version',
  'n.invoice_email',
  'n.invoice_email_address',
  'n.tag_expiration_s',
] as const;

function selectUsers(source: Pick<Database, 'read'> | Pick<Transaction, 'query'>) {
  const query = 'read' in source ? source.read<IdentityTables>() : source.query<IdentityTables>();
  return (
    query
      .selectFrom('user_account as u')
      .innerJoin('namespace as n', 'n.id', 'u.namespace_id')
      .select(COLUMNS)
      .where('n.enabled', '=', 1)
      // No robots.
      .where('u.owner_id', 'is', null)
  );
}

/** A user who is not disabled; robots are none. */
export function readUser(db: Database, userId: number): Promise<UserRow | undefined> {
  return selectUsers(db).where('n.id', '=', userId).executeTakeFirst();
}

export function readUserByName(db: Database, name: string): Promise<UserRow | undefined> {
  return selectUsers(db).where('n.name', '=', name).executeTakeFirst();
}

/** @param email in lower case */
export function readUserByEmail(tx: Transaction, email: string): Promise<UserRow | undefined> {
  return selectUsers(tx).where('u.email', '=', email).executeTakeFirst();
}

/** Reads a user and, on PostgreSQL, holds his row until the transaction ends. */
export function lockUser(tx: Transaction, userId: number): Promise<UserRow | undefined> {
  return selectUsers(tx)
    .where('n.id', '=', userId)
    .$if(tx.dialect === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst();
}

/** Errors: INVALID_REQUEST when another account took the address a moment ago. */
export async function updateAccount(
  tx: Transaction,
  userId: number,
  change: { readonly email?: string | null; readonly verified?: number; readonly superuser?: number },
): Promise<void> {
  try {
    await tx
      .query<IdentityTables>()
      .updateTable('user_account')
      .set(change)
      .where('namespace_id', '=', userId)
      .execute();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new AppError('INVALID_REQUEST', 'E-mail address already used', { cause: error });
  }
}

/** Sets a password, and voids what was issued under the old one. @returns the new version */
export async function updatePassword(tx: Transaction, userId: number, passwordHash: string): Promise<number> {
  const row = await tx
    .query<IdentityTables>()
    .updateTable('user_account')
    .set((account) => ({ password_hash: passwordHash, password_version: account('password_version', '+', 1) }))
    .where('namespace_id', '=', userId)
    .returning('password_version')
    .executeTakeFirstOrThrow();
  return row.password_version;
}

export async function updateNamespace(
  tx: Transaction,
  id: number,
  change: {
    readonly invoice_email?: number;
    readonly invoice_email_address?: string | null;
    readonly tag_expiration_s?: number;
    readonly contact_email?: string | null;
    readonly kind?: 'organization';
    readonly name?: string;
    readonly enabled?: number;
  },
): Promise<void> {
  await tx.query<IdentityTables>().updateTable('namespace').set(change).where('id', '=', id).execute();
}

export async function deleteSessionsOf(tx: Transaction, userId: number): Promise<void> {
  await tx.query<IdentityTables>().deleteFrom('session').where('user_id', '=', userId).execute();
}

export interface ProfileRow {
  readonly given_name: string | null;
  readonly family_name: string | null;
  readonly company: string | null;
  readonly location: string | null;
}

export function readProfile(db: Database, userId: number): Promise<ProfileRow | undefined> {
  return db
    .read<IdentityTables>()
    .selectFrom('user_profile')
    .select(['given_name', 'family_name', 'company', 'location'])
    .where('user_id', '=', userId)
    .executeTakeFirst();
}

export async function writeProfile(tx: Transaction, userId: number, change: Partial<ProfileRow>): Promise<void> {
  await tx
    .query<IdentityTables>()
    .insertInto('user_profile')
    .values({ user_id: userId, ...change })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(change))
    .execute();
}

/** Writes that accounts were used just now; those that are gone are left out. */
export async function markUsersUsed(tx: Transaction, userIds: readonly number[]): Promise<void> {
  const now = await tx.now();
  await tx
    .query<IdentityTables>()
    .insertInto('user_profile')
    .columns(['user_id', 'last_used_at'])
    .expression((from) =>
      from
        .selectFrom('user_account')
        .select(['namespace_id', sql<number>`CAST(${now} AS BIGINT)`.as('last_used_at')])
        .where('namespace_id', 'in', userIds),
    )
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ last_used_at: now }))
    .execute();
}

export async function listPrompts(db: Database, userId: number): Promise<readonly PromptKind[]> {
  const rows = await db
    .read<IdentityTables>()
    .selectFrom('user_prompt')
    .select('kind')
    .where('user_id', '=', userId)
    .orderBy('kind')
    .execute();
  return rows.map(({ kind }) => kind);
}

export async function insertPrompts(tx: Transaction, userId: number, kinds: readonly PromptKind[]): Promise<void> {
  if (kinds.length === 0) return;
  await tx
    .query<IdentityTables>()
    .insertInto('user_prompt')
    .values(kinds.map((kind) => ({ user_id: userId, kind })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** @returns those that there were */
export async function deletePrompts(
  tx: Transaction,
  userId: number,
  kinds: readonly PromptKind[],
): Promise<readonly PromptKind[]> {
  const rows = await tx
    .query<IdentityTables>()
    .deleteFrom('user_prompt')
    .where('user_id', '=', userId)
    .where('kind', 'in', kinds)
    .returning('kind')
    .execute();
  return rows.map(({ kind }) => kind);
}

export async function hasPrompt(tx: Transaction, userId: number, kind: PromptKind): Promise<boolean> {
  const row = await tx
    .query<IdentityTables>()
    .selectFrom('user_prompt')
    .select('kind')
    .where('user_id', '=', userId)
    .where('kind', '=', kind)
    .executeTakeFirst();
  return row !== undefined;
}
