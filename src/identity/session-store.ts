import { type Database, prepared, type Transaction } from '../platform/db/index.ts';
import type { IdentityTables } from './tables.ts';

const CLEAN_AT_ONCE = 500;

export interface SessionRow {
  readonly user_id: number;
  readonly name: string;
  readonly enabled: number;
  /** The account's at this moment. */
  readonly password_version: number;
  /** The account's when the session began. */
  readonly session_password_version: number;
  readonly verified_at: number;
  readonly seen_at: number;
  readonly expires_at: number;
}

const sessionById = prepared<IdentityTables, [string], SessionRow>((query, value) =>
  query
    .selectFrom('session as s')
    .innerJoin('user_account as u', 'u.namespace_id', 's.user_id')
    .innerJoin('namespace as n', 'n.id', 'u.namespace_id')
    .select([
      's.user_id',
      'n.name',
      'n.enabled',
      'u.password_version',
      's.password_version as session_password_version',
      's.verified_at',
      's.seen_at',
      's.expires_at',
    ])
    .where('s.id', '=', value(0)),
);

export function findSession(db: Database, id: string): Promise<SessionRow | undefined> {
  return sessionById.first(db, id);
}

export async function insertSession(
  tx: Transaction,
  session: {
    readonly id: string;
    readonly user_id: number;
    readonly password_version: number;
    readonly lifetime_ms: number;
  },
): Promise<void> {
  const now = await tx.now();
  const { lifetime_ms, ...row } = session;
  await tx
    .query<IdentityTables>()
    .insertInto('session')
    .values({ ...row, created_at: now, verified_at: now, seen_at: now, expires_at: now + lifetime_ms })
    .execute();
}

export async function markSession(
  tx: Transaction,
  id: string,
  changes: { readonly seen_at?: number; readonly expires_at?: number; readonly verified_at?: number },
): Promise<void> {
  await tx.query<IdentityTables>().updateTable('session').set(changes).where('id', '=', id).execute();
}

export async function deleteSession(tx: Transaction, id: string): Promise<void> {
  await tx.query<IdentityTables>().deleteFrom('session').where('id', '=', id).execute();
}

/** @returns how many there were, up to {@link CLEAN_AT_ONCE}. */
export async function deleteExpiredSessions(tx: Transaction): Promise<number> {
  const query = tx.query<IdentityTables>();
  const ended = query
    .selectFrom('session')
    .select('id')
    .where('expires_at', '<=', await tx.now())
    .limit(CLEAN_AT_ONCE);
  const { numDeletedRows } = await query.deleteFrom('session').where('id', 'in', ended).executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
