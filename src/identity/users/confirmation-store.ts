import type { Transaction, Database } from '../../platform/db/index.ts';
import type { IdentityTables } from '../tables.ts';

export interface ConfirmationRow {
  readonly code_hash: string;
  readonly user_id: number;
  /** `confirm`: whoever shows the code reads the mail of the address. `recover`: and may set a new password. */
  readonly purpose: 'confirm' | 'recover';
  readonly email: string;
  readonly created_at: number;
  readonly expires_at: number;
}

export async function insertConfirmation(tx: Transaction, row: ConfirmationRow): Promise<void> {
  await tx.query<IdentityTables>().insertInto('mail_confirmation').values(row).execute();
}

/** More are counted as so many. */
const COUNTED_MAX = 100;

/** How many of a purpose have begun for an address since then. */
export async function countConfirmationsTo(
  tx: Transaction,
  purpose: ConfirmationRow['purpose'],
  email: string,
  since: number,
): Promise<number> {
  const rows = await selectSince(tx, purpose, since).where('email', '=', email).execute();
  return rows.length;
}

/** How many of a purpose a user has begun since then. */
export async function countConfirmationsOf(
  tx: Transaction,
  purpose: ConfirmationRow['purpose'],
  userId: number,
  since: number,
): Promise<number> {
  const rows = await selectSince(tx, purpose, since).where('user_id', '=', userId).execute();
  return rows.length;
}

function selectSince(tx: Transaction, purpose: ConfirmationRow['purpose'], since: number) {
  return tx
    .query<IdentityTables>()
    .selectFrom('mail_confirmation')
    .select('code_hash')
    .where('purpose', '=', purpose)
    .where('created_at', '>', since)
    .limit(COUNTED_MAX);
}

/** The address that a user was last asked to confirm; undefined: none, or too long ago. */
export async function findPendingAddress(tx: Transaction, userId: number): Promise<string | undefined> {
  const row = await tx
    .query<IdentityTables>()
    .selectFrom('mail_confirmation')
    .select('email')
    .where('user_id', '=', userId)
    .where('purpose', '=', 'confirm')
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.email;
}

/** One that is there and has not run out. */
export function findConfirmation(
  db: Database,
  codeHash: string,
  purpose: ConfirmationRow['purpose'],
  now: number,
): Promise<ConfirmationRow | undefined> {
  return db
    .read<IdentityTables>()
    .selectFrom('mail_confirmation')
    .selectAll()
    .where('code_hash', '=', codeHash)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now)
    .executeTakeFirst();
}

/** The same, and uses it up: of several who show a code at once, one gets it. */
export async function takeConfirmation(
  tx: Transaction,
  codeHash: string,
  purpose: ConfirmationRow['purpose'],
): Promise<ConfirmationRow | undefined> {
  return tx
    .query<IdentityTables>()
    .deleteFrom('mail_confirmation')
    .where('code_hash', '=', codeHash)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', await tx.now())
    .returningAll()
    .executeTakeFirst();
}

export async function deleteConfirmationsOf(tx: Transaction, userId: number): Promise<void> {
  await tx.query<IdentityTables>().deleteFrom('mail_confirmation').where('user_id', '=', userId).execute();
}

export async function deleteConfirmationsFor(
  tx: Transaction,
  userId: number,
  purpose: ConfirmationRow['purpose'],
): Promise<void> {
  await tx
    .query<IdentityTables>()
    .deleteFrom('mail_confirmation')
    .where('user_id', '=', userId)
    .where('purpose', '=', purpose)
    .execute();
}

/** How long an address that was not confirmed is kept, for asking again when its user signs in. */
const PENDING_MS = 90 * 24 * 3_600_000;

export async function deleteExpiredConfirmations(tx: Transaction): Promise<void> {
  const now = await tx.now();
  const ended = tx.query<IdentityTables>().deleteFrom('mail_confirmation').where('expires_at', '<=', now);
  await ended.where('purpose', '=', 'recover').execute();
  await ended.where('expires_at', '<=', now - PENDING_MS).execute();
}
