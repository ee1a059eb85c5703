import type { Database, Transaction } from '../../platform/db/index.ts';
import type { IdentityTables } from '../tables.ts';

export interface ServiceKeyRow {
  readonly kid: string;
  /** JSON Web Key (RFC 7517). */
  readonly public_key: string;
  readonly private_key_encrypted: string;
  readonly created_at: number;
  readonly signs_until: number;
  readonly verifies_until: number;
}

const COLUMNS = ['kid', 'public_key', 'private_key_encrypted', 'created_at', 'signs_until', 'verifies_until'] as const;

/** Keys that still verify at `now`, newest first. */
export function listKeys(db: Database, service: string, now: number): Promise<ServiceKeyRow[]> {
  return db
    .read<IdentityTables>()
    .selectFrom('service_key')
    .select(COLUMNS)
    .where('service', '=', service)
    .where('verifies_until', '>', now)
    .orderBy('created_at', 'desc')
    .limit(100)
    .execute();
}

export function findKey(db: Database, service: string, kid: string): Promise<ServiceKeyRow | undefined> {
  return db
    .read<IdentityTables>()
    .selectFrom('service_key')
    .select(COLUMNS)
    .where('service', '=', service)
    .where('kid', '=', kid)
    .executeTakeFirst();
}

/** The key made last, whether or not it still verifies. */
export function findNewestKey(db: Database, service: string): Promise<ServiceKeyRow | undefined> {
  return db
    .read<IdentityTables>()
    .selectFrom('service_key')
    .select(COLUMNS)
    .where('service', '=', service)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export async function insertKey(
  tx: Transaction,
  service: string,
  key: Pick<ServiceKeyRow, 'kid' | 'public_key' | 'private_key_encrypted'>,
  lifetimes: { readonly signsForMs: number; readonly verifiesForMs: number },
): Promise<ServiceKeyRow> {
  const now = await tx.now();
  const row = {
    ...key,
    created_at: now,
    signs_until: now + lifetimes.signsForMs,
    verifies_until: now + lifetimes.verifiesForMs,
  };
  await tx
    .query<IdentityTables>()
    .insertInto('service_key')
    .values({ ...row, service })
    .execute();
  return row;
}

export type PublicKeyRow = Pick<ServiceKeyRow, 'kid' | 'public_key' | 'created_at' | 'verifies_until'>;

/** The public halves of the keys that still verify at `now`, newest first. */
export function listPublicKeys(db: Database, service: string, now: number): Promise<PublicKeyRow[]> {
  return db
    .read<IdentityTables>()
    .selectFrom('service_key')
    .select(['kid', 'public_key', 'created_at', 'verifies_until'])
    .where('service', '=', service)
    .where('verifies_until', '>', now)
    .orderBy('created_at', 'desc')
    .limit(100)
    .execute();
}

/** @returns whether there was such a key. */
export async function deleteKey(tx: Transaction, service: string, kid: string): Promise<boolean> {
  const deleted = await tx
    .query<IdentityTables>()
    .deleteFrom('service_key')
    .where('service', '=', service)
    .where('kid', '=', kid)
    .returning('kid')
    .executeTakeFirst();
  return deleted !== undefined;
}

/** Removes keys that nothing can be verified with any more. */
export async function deleteSpentKeys(tx: Transaction, service: string): Promise<void> {
  await tx
    .query<IdentityTables>()
    .deleteFrom('service_key')
    .where('service', '=', service)
    .where('verifies_until', '<=', await tx.now())
    .execute();
}
