import type { Database, Transaction } from '../../platform/db/index.ts';
import type { IdentityTables } from '../tables.ts';
import type { BootstrapTables } from './tables.ts';

type Tables = IdentityTables & BootstrapTables;

export interface BootstrapTokenRow {
  readonly id: number;
  readonly user_id: number;
  readonly lookup: string;
  readonly secret_hash: string;
  readonly expires_at: number | null;
}

export function listBootstrapTokens(db: Database): Promise<BootstrapTokenRow[]> {
  return db
    .read<Tables>()
    .selectFrom('bootstrap_token as b')
    .innerJoin('access_token as t', 't.id', 'b.access_token_id')
    .select(['t.id', 't.user_id', 't.lookup', 't.secret_hash', 't.expires_at'])
    .orderBy('t.id')
    .limit(100)
    .execute();
}

/** Makes an access token one that can renew itself. @returns its id. */
export async function markBootstrapToken(tx: Transaction, uuid: string): Promise<number> {
  const query = tx.query<Tables>();
  const { id } = await query.selectFrom('access_token').select('id').where('uuid', '=', uuid).executeTakeFirstOrThrow();
  await query.insertInto('bootstrap_token').values({ access_token_id: id, renewing_until: 0 }).execute();
  return id;
}

/** @returns false when somebody else renews it at this moment, or it is gone. */
export async function claimBootstrapToken(tx: Transaction, id: number, forMs: number): Promise<boolean> {
  const now = await tx.now();
  const claimed = await tx
    .query<Tables>()
    .updateTable('bootstrap_token')
    .set({ renewing_until: now + forMs })
    .where('access_token_id', '=', id)
    .where('renewing_until', '<=', now)
    .returning('access_token_id')
    .executeTakeFirst();
  return claimed !== undefined;
}

export async function releaseBootstrapToken(tx: Transaction, id: number): Promise<void> {
  await tx
    .query<Tables>()
    .updateTable('bootstrap_token')
    .set({ renewing_until: 0 })
    .where('access_token_id', '=', id)
    .execute();
}

export async function deleteBootstrapTokens(tx: Transaction, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const query = tx.query<Tables>();
  await query.deleteFrom('bootstrap_token').where('access_token_id', 'in', ids).execute();
  await query.deleteFrom('access_token').where('id', 'in', ids).execute();
}
