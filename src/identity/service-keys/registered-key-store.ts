import type { Database, Transaction } from '../../platform/db/index.ts';
import type { RegisteredKeyTables } from './tables.ts';

export type RegisteredKeyRow = RegisteredKeyTables['registered_key'];

/** More keys than this are not listed; only superusers and approved services can make so many. */
const LISTED_MAX = 10_000;
/** How many rows one transaction removes. */
const REMOVED_AT_ONCE = 500;

export function findRegisteredKey(db: Database, kid: string): Promise<RegisteredKeyRow | undefined> {
  return db
    .read<RegisteredKeyTables>()
    .selectFrom('registered_key')
    .selectAll()
    .where('kid', '=', kid)
    .executeTakeFirst();
}

/** Newest first, whatever their state. */
export function listRegisteredKeys(db: Database): Promise<RegisteredKeyRow[]> {
  return db
    .report<RegisteredKeyTables>()
    .selectFrom('registered_key')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('kid')
    .limit(LISTED_MAX)
    .execute();
}

/** The keys of a service that are to be believed at `now`, newest first. */
export function listValidKeys(db: Database, service: string, now: number): Promise<RegisteredKeyRow[]> {
  return db
    .read<RegisteredKeyTables>()
    .selectFrom('registered_key')
    .selectAll()
    .where('service', '=', service)
    .where('approved_at', 'is not', null)
    .where((row) => row.or([row('expires_at', 'is', null), row('expires_at', '>', now)]))
    .orderBy('created_at', 'desc')
    .limit(1000)
    .execute();
}

/** @returns false when there is a key with this kid. */
export async function insertRegisteredKey(tx: Transaction, row: RegisteredKeyRow): Promise<boolean> {
  const inserted = await tx
    .query<RegisteredKeyTables>()
    .insertInto('registered_key')
    .values(row)
    .onConflict((conflict) => conflict.column('kid').doNothing())
    .returning('kid')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Makes registrations wait for each other until the transaction ends, and counts the keys that wait for approval. */
export async function countPendingExclusively(
  tx: Transaction,
  from: string,
): Promise<{ readonly all: number; readonly fromThere: number }> {
  await tx
    .query<RegisteredKeyTables>()
    .insertInto('instance_setting')
    .values({ key: 'service_key_registration', value: '1' })
    // Writing the row again, unlike doing nothing, locks it.
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: '1' }))
    .execute();
  const rows = await tx
    .query<RegisteredKeyTables>()
    .selectFrom('registered_key')
    .select((row) => ['registered_from', row.fn.countAll<number>().as('keys')])
    .where('approved_at', 'is', null)
    .groupBy('registered_from')
    .execute();
  return {
    all: rows.reduce((sum, { keys }) => sum + keys, 0),
    fromThere: rows.find(({ registered_from: place }) => place === from)?.keys ?? 0,
  };
}

export type RegisteredKeyChange = Partial<Pick<RegisteredKeyRow, 'name' | 'metadata' | 'expires_at'>>;

/** @param change at least one of them @returns the key as it is then; undefined: there is none. */
export async function updateRegisteredKey(
  tx: Transaction,
  kid: string,
  change: RegisteredKeyChange,
): Promise<RegisteredKeyRow | undefined> {
  return tx
    .query<RegisteredKeyTables>()
    .updateTable('registered_key')
    .set(change)
    .where('kid', '=', kid)
    .returningAll()
    .executeTakeFirst();
}

export type ApprovalColumns = Pick<
  RegisteredKeyRow,
  'approval_type' | 'approved_by' | 'approved_at' | 'approval_notes'
>;

/** @returns false when it is approved already, or not there. */
export async function approveRegisteredKey(tx: Transaction, kid: string, approval: ApprovalColumns): Promise<boolean> {
  const approved = await tx
    .query<RegisteredKeyTables>()
    .updateTable('registered_key')
    .set(approval)
    .where('kid', '=', kid)
    .where('approved_at', 'is', null)
    .returning('kid')
    .executeTakeFirst();
  return approved !== undefined;
}

/**
 * Lets a key be followed by another: it verifies until `expiresAt` and can ask for nothing any more. Keys that it has followed
 * itself go at once. @returns false when it has been followed already, or is gone.
 */
export async function supersedeKey(
  tx: Transaction,
  kid: string,
  by: { readonly kid: string; readonly expiresAt: number },
): Promise<boolean> {
  const superseded = await tx
    .query<RegisteredKeyTables>()
    .updateTable('registered_key')
    .set({ successor_kid: by.kid, expires_at: by.expiresAt })
    .where('kid', '=', kid)
    .where('successor_kid', 'is', null)
    .returning('kid')
    .executeTakeFirst();
  if (superseded === undefined) return false;
  await tx.query<RegisteredKeyTables>().deleteFrom('registered_key').where('successor_kid', '=', kid).execute();
  return true;
}

export async function deleteRegisteredKey(tx: Transaction, kid: string): Promise<RegisteredKeyRow | undefined> {
  return tx
    .query<RegisteredKeyTables>()
    .deleteFrom('registered_key')
    .where('kid', '=', kid)
    .returningAll()
    .executeTakeFirst();
}

/** @returns false when the token has been used before. */
export async function spendToken(tx: Transaction, digest: string, until: number): Promise<boolean> {
  const spent = await tx
    .query<RegisteredKeyTables>()
    .insertInto('spent_key_token')
    .values({ digest, expires_at: until })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .returning('digest')
    .executeTakeFirst();
  return spent !== undefined;
}

/**
 * Removes keys that nobody approved in time and keys that ended long ago, and forgets tokens that could not be used again
 * anyway. A part at a time. @returns whether there may be more.
 */
export async function deleteLapsedKeys(
  tx: Transaction,
  ages: { readonly unapprovedMs: number; readonly expiredMs: number },
): Promise<boolean> {
  const now = await tx.now();
  const query = tx.query<RegisteredKeyTables>();
  const lapsed = await query
    .selectFrom('registered_key')
    .select('kid')
    .where((row) =>
      row.or([
        row.and([row('approved_at', 'is', null), row('created_at', '<=', now - ages.unapprovedMs)]),
        row('expires_at', '<=', now - ages.expiredMs),
      ]),
    )
    .limit(REMOVED_AT_ONCE)
    .execute();
  const kids = lapsed.map(({ kid }) => kid);
  if (kids.length > 0) await query.deleteFrom('registered_key').where('kid', 'in', kids).execute();
  await query.deleteFrom('spent_key_token').where('expires_at', '<=', now).execute();
  return kids.length === REMOVED_AT_ONCE;
}
