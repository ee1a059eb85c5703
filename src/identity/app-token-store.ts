import type { Kysely } from 'kysely';
import { type Database, prepared, type Transaction } from '../platform/db/index.ts';
import type { IdentityTables, OAuthTables } from './tables.ts';

type Tables = IdentityTables & OAuthTables;

const CLEAN_AT_ONCE = 500;
/** Longest list, of one user or of all. */
const LIST_MAX = 10_000;

export interface AppTokenRow {
  readonly uuid: string;
  readonly title: string;
  readonly lookup: string;
  readonly secret_encrypted: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  /** The user's. */
  readonly user_id: number;
  readonly name: string;
  readonly password_version: number;
}

function select(query: Kysely<Tables>) {
  return query
    .selectFrom('app_token as t')
    .innerJoin('user_account as u', 'u.namespace_id', 't.user_id')
    .innerJoin('namespace as n', 'n.id', 'u.namespace_id')
    .select([
      't.uuid',
      't.title',
      't.lookup',
      't.secret_encrypted',
      't.created_at',
      't.expires_at',
      't.last_used_at',
      'n.id as user_id',
      'n.name',
      'u.password_version',
    ])
    .where('n.enabled', '=', 1)
    .where('n.kind', '=', 'user');
}

const byLookup = prepared<Tables, [string], AppTokenRow>((query, value) =>
  select(query).where('t.lookup', '=', value(0)),
);

const byUuid = prepared<Tables, [string], AppTokenRow>((query, value) => select(query).where('t.uuid', '=', value(0)));

export function findAppToken(db: Database, lookup: string): Promise<AppTokenRow | undefined> {
  return byLookup.first(db, lookup);
}

export function findAppTokenByUuid(db: Database, uuid: string): Promise<AppTokenRow | undefined> {
  return byUuid.first(db, uuid);
}

/** By age. @param within tokens that expire in this span only; ms of the database's clock */
export function listAppTokenRows(
  db: Database,
  userId: number | undefined,
  within: { readonly after: number; readonly until: number } | undefined,
): Promise<readonly AppTokenRow[]> {
  let query = select(db.report<Tables>()).orderBy('t.id').limit(LIST_MAX);
  if (userId !== undefined) query = query.where('t.user_id', '=', userId);
  if (within !== undefined) {
    query = query.where('t.expires_at', '>', within.after).where('t.expires_at', '<=', within.until);
  }
  return query.execute();
}

export async function insertAppToken(
  tx: Transaction,
  row: Pick<AppTokenRow, 'uuid' | 'title' | 'lookup' | 'secret_encrypted' | 'expires_at' | 'created_at' | 'user_id'>,
): Promise<void> {
  await tx.query<Tables>().insertInto('app_token').values(row).execute();
}

export async function markAppTokenUsed(tx: Transaction, uuid: string): Promise<void> {
  const query = tx.query<Tables>().updateTable('app_token');
  await query
    .set({ last_used_at: await tx.now() })
    .where('uuid', '=', uuid)
    .execute();
}

/** @returns its title, or undefined when the user has none with this uuid. */
export async function deleteAppToken(tx: Transaction, userId: number, uuid: string): Promise<string | undefined> {
  const query = tx.query<Tables>().deleteFrom('app_token').where('user_id', '=', userId).where('uuid', '=', uuid);
  return (await query.returning('title').executeTakeFirst())?.title;
}

/** @returns how many there were, up to {@link CLEAN_AT_ONCE}. */
export async function deleteExpiredAppTokens(tx: Transaction, before: number): Promise<number> {
  const query = tx.query<Tables>();
  const expired = query.selectFrom('app_token').select('id').where('expires_at', '<', before).limit(CLEAN_AT_ONCE);
  const { numDeletedRows } = await query.deleteFrom('app_token').where('id', 'in', expired).executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
