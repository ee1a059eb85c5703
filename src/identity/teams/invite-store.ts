import type { Database, Transaction } from '../../platform/db/index.ts';
import type { IdentityTables } from '../tables.ts';

/** Who is invited: a user, or whoever reads the mail of an address. */
export type Invited =
  | { readonly user_id: number; readonly email: null }
  | { readonly user_id: null; readonly email: string };

export interface PendingInviteRow {
  readonly id: number;
  readonly email: string | null;
  /** null: an address was invited, not a user. */
  readonly name: string | null;
}

/** An invitation that can still be answered, by its code. */
export interface InviteRow {
  readonly id: number;
  readonly team_id: number;
  readonly team: string;
  readonly organization_id: number;
  readonly organization: string;
  readonly user_id: number | null;
  readonly email: string | null;
  readonly inviter_name: string;
}

/** Invitations of a team that can still be answered, after one of them, oldest first. */
export function pageOfInvites(
  db: Database,
  teamId: number,
  now: number,
  after: number,
  limit: number,
): Promise<readonly PendingInviteRow[]> {
  return db
    .read<IdentityTables>()
    .selectFrom('team_invite as i')
    .leftJoin('namespace as n', 'n.id', 'i.user_id')
    .select(['i.id', 'i.email', 'n.name'])
    .where('i.team_id', '=', teamId)
    .where('i.expires_at', '>', now)
    .where('i.id', '>', after)
    .orderBy('i.id')
    .limit(limit)
    .execute();
}

/** Forgets the invitations of an organization that have ended. @returns how many are left */
export async function pruneInvites(tx: Transaction, organizationId: number): Promise<number> {
  const query = tx.query<IdentityTables>();
  const teams = query.selectFrom('team').select('id').where('organization_id', '=', organizationId);
  await query
    .deleteFrom('team_invite')
    .where('team_id', 'in', teams)
    .where('expires_at', '<=', await tx.now())
    .execute();
  const row = await query
    .selectFrom('team_invite')
    .select((e) => e.fn.countAll<number>().as('invites'))
    .where('team_id', 'in', teams)
    .executeTakeFirstOrThrow();
  return row.invites;
}

export interface NewInviteRow {
  readonly team_id: number;
  readonly inviter_name: string;
  readonly code_hash: string;
  readonly created_at: number;
  readonly expires_at: number;
}

export async function insertInvite(tx: Transaction, invite: NewInviteRow & Invited): Promise<void> {
  await tx.query<IdentityTables>().insertInto('team_invite').values(invite).execute();
}

/** @returns when it was made; undefined: there was none */
export async function deleteInviteOf(tx: Transaction, teamId: number, invited: Invited): Promise<number | undefined> {
  const query = tx.query<IdentityTables>().deleteFrom('team_invite').where('team_id', '=', teamId);
  const row = await (
    invited.user_id === null ? query.where('email', '=', invited.email) : query.where('user_id', '=', invited.user_id)
  )
    .returning('created_at')
    .executeTakeFirst();
  return row?.created_at;
}

/** Takes back every invitation of a user, and of his address, to teams of an organization. @returns the teams, by name */
export async function deleteInvitesOf(
  tx: Transaction,
  organizationId: number,
  user: { readonly id: number; readonly email: string | null },
): Promise<readonly string[]> {
  const query = tx.query<IdentityTables>();
  const rows = await query
    .selectFrom('team_invite as i')
    .innerJoin('team as t', 't.id', 'i.team_id')
    .select(['i.id', 't.name'])
    .where('t.organization_id', '=', organizationId)
    .where((row) => row.or([row('i.user_id', '=', user.id), row('i.email', '=', user.email)]))
    .orderBy('t.name')
    .execute();
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  await query.deleteFrom('team_invite').where('id', 'in', ids).execute();
  return rows.map(({ name }) => name);
}

export async function readInvite(tx: Transaction, codeHash: string): Promise<InviteRow | undefined> {
  return tx
    .query<IdentityTables>()
    .selectFrom('team_invite as i')
    .innerJoin('team as t', 't.id', 'i.team_id')
    .innerJoin('namespace as o', 'o.id', 't.organization_id')
    .select(['i.id', 'i.team_id', 't.name as team', 't.organization_id', 'o.name as organization'])
    .select(['i.user_id', 'i.email', 'i.inviter_name'])
    .where('i.code_hash', '=', codeHash)
    .where('i.expires_at', '>', await tx.now())
    .where('o.enabled', '=', 1)
    .executeTakeFirst();
}

/** @returns false when somebody was quicker */
export async function deleteInvite(tx: Transaction, id: number): Promise<boolean> {
  const result = await tx.query<IdentityTables>().deleteFrom('team_invite').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}
