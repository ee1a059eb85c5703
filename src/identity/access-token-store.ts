import type { Kysely } from 'kysely';
import { type Database, prepared, type Transaction } from '../platform/db/index.ts';
import type { IdentityTables, OAuthTables } from './tables.ts';

type Tables = IdentityTables & OAuthTables;

/** A token whose user is there, and whose application, if it has one, is too. */
export interface AccessTokenRow {
  readonly uuid: string;
  readonly user_id: number;
  readonly name: string;
  readonly password_version: number;
  readonly secret_hash: string;
  readonly scopes: string;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
}

function selectToken(query: Kysely<Tables>) {
  return (
    query
      .selectFrom('access_token as t')
      .innerJoin('user_account as u', 'u.namespace_id', 't.user_id')
      .innerJoin('namespace as n', 'n.id', 'u.namespace_id')
      .leftJoin('oauth_application as a', 'a.id', 't.application_id')
      .leftJoin('namespace as o', 'o.id', 'a.organization_id')
      .select([
        't.uuid',
        'n.id as user_id',
        'n.name',
        'u.password_version',
        't.secret_hash',
        't.scopes',
        't.expires_at',
        't.last_used_at',
      ])
      .where('n.enabled', '=', 1)
      .where('n.kind', '=', 'user')
      // An application is no more alive than its organization.
      .where((row) => row.or([row('t.application_id', 'is', null), row('o.enabled', '=', 1)]))
  );
}

const tokenByLookup = prepared<Tables, [string], AccessTokenRow>((query, value) =>
  selectToken(query).where('t.lookup', '=', value(0)),
);

const tokenByUuid = prepared<Tables, [string], AccessTokenRow>((query, value) =>
  selectToken(query).where('t.uuid', '=', value(0)),
);

export function findAccessToken(db: Database, lookup: string): Promise<AccessTokenRow | undefined> {
  return tokenByLookup.first(db, lookup);
}

export function findAccessTokenByUuid(db: Database, uuid: string): Promise<AccessTokenRow | undefined> {
  return tokenByUuid.first(db, uuid);
}

export interface NewAccessTokenRow {
  readonly uuid: string;
  readonly user_id: number;
  readonly lookup: string;
  readonly secret_hash: string;
  readonly scopes: string;
  readonly expires_at: number | null;
  readonly application_id: number | null;
  readonly display_name: string | null;
}

/** @returns its id. */
export async function insertAccessToken(tx: Transaction, row: NewAccessTokenRow): Promise<number> {
  const { id } = await tx
    .query<Tables>()
    .insertInto('access_token')
    .values({ ...row, created_at: await tx.now() })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

export async function markAccessTokenUsed(tx: Transaction, uuid: string): Promise<void> {
  const query = tx.query<Tables>().updateTable('access_token');
  await query
    .set({ last_used_at: await tx.now() })
    .where('uuid', '=', uuid)
    .execute();
}
