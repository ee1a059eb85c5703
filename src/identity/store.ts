import { type Kysely, sql } from 'kysely';
import { type Database, prepared, type Transaction } from '../platform/db/index.ts';
import { isCredentialThere } from './robots/robot-token-store.ts';
import type { IdentityTables } from './tables.ts';

/** What signing in needs to know about an account. */
export interface AccountRow {
  readonly user_id: number;
  readonly name: string;
  readonly enabled: number;
  readonly password_hash: string | null;
  readonly password_version: number;
  /** Whether he has confirmed his e-mail address, or never had to. */
  readonly verified: number;
}

export interface LiveAccountRow {
  readonly name: string;
  readonly enabled: number;
  readonly superuser: number;
  readonly password_version: number;
  /** null: no robot. */
  readonly owner_id: number | null;
}

/* The reads that signing in and each request cost. */

const accountByName = prepared<IdentityTables, [string], AccountRow>((query, value) =>
  // By a former name too, as long as it leads to the account.
  selectAccount(query).where('n.id', '=', (row) =>
    row
      .selectFrom('namespace as k')
      .select((k) => k.fn.coalesce('k.alias_of', 'k.id').as('id'))
      .where('k.name', '=', value(0)),
  ),
);

const accountByEmail = prepared<IdentityTables, [string], AccountRow>((query, value) =>
  selectAccount(query).where('u.email', '=', value(0)),
);

const accountById = prepared<IdentityTables, [userId: number, credential: number], LiveAccountRow>((query, value) =>
  query
    .selectFrom('user_account as u')
    .innerJoin('namespace as n', 'n.id', 'u.namespace_id')
    .leftJoin('namespace as o', 'o.id', 'u.owner_id')
    .select(['n.name', 'n.enabled', 'u.superuser', 'u.password_version', 'u.owner_id'])
    .where('u.namespace_id', '=', value(0))
    // A robot is no more alive than its owner.
    .where((row) => row.or([row('u.owner_id', 'is', null), row('o.enabled', '=', 1)]))
    .where(isCredentialThere(sql.ref('u.namespace_id'), value(1))),
);

function selectAccount(query: Kysely<IdentityTables>) {
  return query
    .selectFrom('user_account as u')
    .innerJoin('namespace as n', 'n.id', 'u.namespace_id')
    .select(['n.id as user_id', 'n.name', 'n.enabled', 'u.password_hash', 'u.password_version', 'u.verified']);
}

export function findAccountByName(db: Database, name: string): Promise<AccountRow | undefined> {
  return accountByName.first(db, name);
}

/** @param email in lower case */
export function findAccountByEmail(db: Database, email: string): Promise<AccountRow | undefined> {
  return accountByEmail.first(db, email);
}

/** @param credential see `RobotActor.credential`; 0: none */
export function findLiveAccount(db: Database, userId: number, credential = 0): Promise<LiveAccountRow | undefined> {
  return accountById.first(db, userId, credential);
}

export async function hasUsers(db: Database): Promise<boolean> {
  return (await db.read<IdentityTables>().selectFrom('user_account').select('uuid').limit(1).execute()).length > 0;
}

/** Makes callers wait for each other until the transaction ends, and then tells whether there are users. */
export async function hasUsersExclusively(tx: Transaction): Promise<boolean> {
  await tx
    .query<IdentityTables>()
    .insertInto('instance_setting')
    .values({ key: 'first_user_setup', value: '1' })
    // Writing the row again, unlike doing nothing, locks it.
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: '1' }))
    .execute();
  return (await tx.query<IdentityTables>().selectFrom('user_account').select('uuid').limit(1).execute()).length > 0;
}

/** @returns the new id, or undefined when the name is taken. */
export async function insertNamespace(
  tx: Transaction,
  name: string,
  kind: 'user' | 'organization',
): Promise<number | undefined> {
  const now = await tx.now();
  await tx
    .query<IdentityTables>()
    .deleteFrom('namespace')
    .where('name', '=', name)
    .where('alias_until', '<=', now)
    .execute();
  const row = await tx
    .query<IdentityTables>()
    .insertInto('namespace')
    .values({ name, kind, created_at: now })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id;
}

export interface NewAccountRow {
  readonly namespace_id: number;
  readonly uuid: string;
  readonly email: string | null;
  readonly password_hash: string;
  readonly superuser: number;
}

/** @returns false when the e-mail address is taken. */
export async function insertAccount(tx: Transaction, row: NewAccountRow): Promise<boolean> {
  const inserted = await tx
    .query<IdentityTables>()
    .insertInto('user_account')
    .values(row)
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning('namespace_id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Keeps a better hash of the same password, unless the password was changed meanwhile. */
export async function replacePasswordHash(
  tx: Transaction,
  userId: number,
  hashes: { readonly old: string; readonly new: string },
): Promise<void> {
  await tx
    .query<IdentityTables>()
    .updateTable('user_account')
    .set({ password_hash: hashes.new })
    .where('namespace_id', '=', userId)
    .where('password_hash', '=', hashes.old)
    .execute();
}

/** How many users and organizations there are. Reads the whole table, beside the short reads. */
export async function countNamespaces(
  db: Database,
): Promise<{ readonly users: number; readonly organizations: number }> {
  const rows = await db
    .report<IdentityTables>()
    .selectFrom('namespace')
    .select((e) => ['kind', e.fn.countAll<number>().as('rows')])
    .where('alias_of', 'is', null)
    .groupBy('kind')
    .execute();
  const rowsOf = (kind: 'user' | 'organization'): number => rows.find((row) => row.kind === kind)?.rows ?? 0;
  return { users: rowsOf('user'), organizations: rowsOf('organization') };
}
