import type { Transaction } from '../../platform/db/index.ts';
import type { IdentityTables, OAuthTables } from '../tables.ts';

type Tables = IdentityTables & OAuthTables;

const CLEAN_AT_ONCE = 500;

export interface CodeRow {
  readonly application_id: number;
  readonly user_id: number;
  readonly password_version: number;
  readonly redirect_uri: string;
  readonly scopes: string;
  readonly code_challenge: string | null;
  readonly expires_at: number;
  readonly used_at: number | null;
  readonly token_id: number | null;
  /** The user's at this moment. */
  readonly name: string;
  readonly enabled: number;
  readonly current_password_version: number;
}

export async function insertCode(
  tx: Transaction,
  row: Omit<CodeRow, 'used_at' | 'token_id' | 'name' | 'enabled' | 'current_password_version'> & {
    readonly code_hash: string;
  },
): Promise<void> {
  await tx.query<Tables>().insertInto('oauth_code').values(row).execute();
}

export function findCode(tx: Transaction, codeHash: string): Promise<CodeRow | undefined> {
  return tx
    .query<Tables>()
    .selectFrom('oauth_code as c')
    .innerJoin('user_account as u', 'u.namespace_id', 'c.user_id')
    .innerJoin('namespace as n', 'n.id', 'c.user_id')
    .select([
      'c.application_id',
      'c.user_id',
      'c.password_version',
      'c.redirect_uri',
      'c.scopes',
      'c.code_challenge',
      'c.expires_at',
      'c.used_at',
      'c.token_id',
      'n.name',
      'n.enabled',
      'u.password_version as current_password_version',
    ])
    .where('c.code_hash', '=', codeHash)
    .executeTakeFirst();
}

/** @returns false when somebody else was quicker. */
export async function useCode(tx: Transaction, codeHash: string): Promise<boolean> {
  const query = tx.query<Tables>().updateTable('oauth_code');
  const row = await query
    .set({ used_at: await tx.now() })
    .where('code_hash', '=', codeHash)
    .where('used_at', 'is', null)
    .returning('code_hash')
    .executeTakeFirst();
  return row !== undefined;
}

export async function noteTokenOfCode(tx: Transaction, codeHash: string, tokenId: number): Promise<void> {
  const query = tx.query<Tables>().updateTable('oauth_code').set({ token_id: tokenId });
  await query.where('code_hash', '=', codeHash).execute();
}

/** @returns how many there were, up to {@link CLEAN_AT_ONCE}. */
export async function deleteExpiredCodes(tx: Transaction, before: number): Promise<number> {
  const query = tx.query<Tables>();
  const expired = query.selectFrom('oauth_code').select('code_hash').where('expires_at', '<', before);
  const { numDeletedRows } = await query
    .deleteFrom('oauth_code')
    .where('code_hash', 'in', expired.limit(CLEAN_AT_ONCE))
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
