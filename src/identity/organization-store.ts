import { sql } from 'kysely';
import { type Database, prepared } from '../platform/db/index.ts';
import type { IdentityTables } from './tables.ts';

export interface OrganizationRoleRow {
  readonly id: number;
  readonly name: string;
  /** 1 member, 2 creator, 3 admin; null: in no team. */
  readonly team_rank: number | null;
  /** null when the account is gone or disabled. */
  readonly password_version: number | null;
}

const organizationRole = prepared<unknown, [name: string, userId: number], OrganizationRoleRow>((query, value) => ({
  compile: () =>
    sql<OrganizationRoleRow>`
      SELECT o.id, o.name, u.password_version,
        (SELECT max(CASE t.role WHEN 'admin' THEN 3 WHEN 'creator' THEN 2 ELSE 1 END)
          FROM team_member m JOIN team t ON t.id = m.team_id
          WHERE m.user_id = u.namespace_id AND t.organization_id = o.id) AS team_rank
      FROM namespace o
      LEFT JOIN (SELECT a.namespace_id, a.password_version
          FROM user_account a JOIN namespace own ON own.id = a.namespace_id AND own.enabled = 1) u
        ON u.namespace_id = ${value(1)}
      WHERE o.name = ${value(0)} AND o.kind = 'organization' AND o.enabled = 1`.compile(query),
}));

/** The members of an organization's teams; undefined: it is no organization. */
export async function listMemberIds(db: Database, organizationId: number): Promise<ReadonlySet<number> | undefined> {
  const query = db.read<IdentityTables>();
  const organization = await query
    .selectFrom('namespace')
    .select('kind')
    .where('id', '=', organizationId)
    .executeTakeFirst();
  if (organization?.kind !== 'organization') return undefined;
  const rows = await query
    .selectFrom('team_member as m')
    .innerJoin('team as t', 't.id', 'm.team_id')
    .select('m.user_id')
    .where('t.organization_id', '=', organizationId)
    .execute();
  return new Set(rows.map(({ user_id: id }) => id));
}

/** The teams that some accounts are in, by name. */
export async function listTeamsOf(
  db: Database,
  userIds: readonly number[],
): Promise<readonly { readonly user_id: number; readonly name: string }[]> {
  if (userIds.length === 0) return [];
  return db
    .read<IdentityTables>()
    .selectFrom('team_member as m')
    .innerJoin('team as t', 't.id', 'm.team_id')
    .select(['m.user_id', 't.name'])
    .where('m.user_id', 'in', userIds)
    .orderBy('t.name')
    .execute();
}

/** A user or robot that is not disabled. */
export async function findAccount(
  db: Database,
  name: string,
): Promise<{ readonly userId: number; readonly name: string } | undefined> {
  return db
    .read<IdentityTables>()
    .selectFrom('namespace as n')
    .innerJoin('user_account as u', 'u.namespace_id', 'n.id')
    .select(['n.id as userId', 'n.name'])
    .where('n.name', '=', name)
    .where('n.enabled', '=', 1)
    .executeTakeFirst();
}

/** undefined: there is no such organization. */
export function findOrganizationRole(
  db: Database,
  name: string,
  userId: number,
): Promise<OrganizationRoleRow | undefined> {
  return organizationRole.first(db, name, userId);
}
