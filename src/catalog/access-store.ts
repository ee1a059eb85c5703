import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { isCredentialThere } from '../identity/index.ts';
import { prepared } from '../platform/db/index.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { Visibility } from './tables.ts';

export interface AccessKey {
  readonly namespace: string;
  readonly repository: string;
  /** 0 for anonymous: no account has that id. */
  readonly userId: number;
  /** What a robot signed in with; 0: nothing that could go. */
  readonly credential: number;
}

/** Always exactly one row; what is missing, deleted or disabled is null. */
export interface AccessRow {
  readonly namespace_id: number | null;
  readonly namespace_kind: 'user' | 'organization' | null;
  readonly repository_id: number | null;
  readonly visibility: Visibility | null;
  readonly state: 'NORMAL' | 'READ_ONLY' | 'MIRROR' | null;
  /** null when the account is gone or disabled; then the next three are, too. */
  readonly password_version: number | null;
  readonly user_name: string | null;
  readonly superuser: number | null;
  /** Whose robot the account is; null: it is none. */
  readonly owner_id: number | null;
  /** Strongest role of the user's teams in the organization: 1 member, {@link TEAM_CREATOR}, {@link TEAM_ADMIN}. */
  readonly team_rank: number | null;
  /** Strongest grant on the repository, direct or by team: 1 read, 2 write, 3 admin. */
  readonly permission_rank: number | null;
}

export const TEAM_CREATOR = 2;
export const TEAM_ADMIN = 3;

type Parameter = (name: keyof AccessKey) => RawBuilder<unknown>;

const accessQuery = (param: Parameter) => sql<AccessRow>`
    SELECT
      n.id AS namespace_id, n.kind AS namespace_kind,
      r.id AS repository_id, r.visibility, r.state,
      u.password_version, u.name AS user_name, u.superuser, u.owner_id,
      (SELECT max(CASE t.role WHEN 'admin' THEN 3 WHEN 'creator' THEN 2 ELSE 1 END)
        FROM team_member m JOIN team t ON t.id = m.team_id
        WHERE m.user_id = u.namespace_id AND t.organization_id = n.id) AS team_rank,
      (SELECT max(CASE p.role WHEN 'admin' THEN 3 WHEN 'write' THEN 2 ELSE 1 END)
        FROM repository_permission p
        WHERE p.repository_id = r.id
          AND (p.user_id = u.namespace_id OR p.team_id IN (SELECT m.team_id FROM team_member m WHERE m.user_id = u.namespace_id))
      ) AS permission_rank
    FROM (SELECT 1 AS one) AS always
    LEFT JOIN namespace k ON k.name = ${param('namespace')}
    LEFT JOIN namespace n ON n.id = coalesce(k.alias_of, k.id) AND n.enabled = 1
    LEFT JOIN repository r ON r.namespace_id = n.id AND r.name = ${param('repository')} AND r.deleted_at IS NULL
    LEFT JOIN (SELECT a.namespace_id, a.password_version, a.superuser, a.owner_id, own.name
        FROM user_account a JOIN namespace own ON own.id = a.namespace_id AND own.enabled = 1
        LEFT JOIN namespace owner ON owner.id = a.owner_id
        WHERE (a.owner_id IS NULL OR owner.enabled = 1)
          AND ${isCredentialThere(sql.ref('a.namespace_id'), param('credential'))}) u
      ON u.namespace_id = ${param('userId')}`;

const preparedAccess = prepared<
  unknown,
  [namespace: string, repository: string, userId: number, credential: number],
  AccessRow
>((query, value) => {
  const key = { namespace: value(0), repository: value(1), userId: value(2), credential: value(3) };
  return { compile: () => accessQuery((name) => key[name]).compile(query) };
});

export async function readAccess(db: Database, key: AccessKey): Promise<AccessRow> {
  return only(await preparedAccess.first(db, key.namespace, key.repository, key.userId, key.credential));
}

export async function readAccessInTransaction(tx: Transaction, key: AccessKey): Promise<AccessRow> {
  const result = await accessQuery((name) => sql`${key[name]}`).execute(tx.query());
  return only(result.rows[0]);
}

function only(row: AccessRow | undefined): AccessRow {
  if (row === undefined) throw new Error('The access query answered without a row');
  return row;
}
