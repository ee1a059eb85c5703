import { sql } from 'kysely';
import type { Database } from '../../platform/db/index.ts';
import type { IdentityTables } from '../tables.ts';

/** What a name begins with, and how many are wanted. */
export interface NameSearch {
  readonly prefix: string;
  /** Only the name that is just this. */
  readonly exact: boolean;
  readonly limit: number;
}

export interface NamedRow {
  readonly id: number;
  readonly name: string;
}

/** Sorts after every character that a name can have. */
const LAST = '~';

/** Users who are not disabled, by name; without robots. Literals, not parameters, are what the partial index is chosen by. */
export function searchPeople(db: Database, search: NameSearch): Promise<readonly NamedRow[]> {
  return db
    .read<IdentityTables>()
    .selectFrom('namespace as n')
    .select(['n.id', 'n.name'])
    .where(sql<boolean>`n.kind = 'user' AND n.name NOT LIKE '%+%'`)
    .where('n.name', '>=', search.prefix)
    .where('n.name', search.exact ? '<=' : '<', search.exact ? search.prefix : search.prefix + LAST)
    .where('n.enabled', '=', 1)
    .orderBy('n.name')
    .limit(search.limit)
    .execute();
}

/** Robots of an owner, by name. @param search of whole names, `owner+short` */
export function searchRobots(db: Database, ownerId: number, search: NameSearch): Promise<readonly NamedRow[]> {
  return db
    .read<IdentityTables>()
    .selectFrom('namespace as n')
    .innerJoin('user_account as u', 'u.namespace_id', 'n.id')
    .select(['n.id', 'n.name'])
    .where('n.name', '>=', search.prefix)
    .where('n.name', '<', search.prefix + LAST)
    .where('n.enabled', '=', 1)
    .where('u.owner_id', '=', ownerId)
    .orderBy('n.name')
    .limit(search.limit)
    .execute();
}

export function searchTeams(db: Database, organizationId: number, search: NameSearch): Promise<readonly NamedRow[]> {
  return db
    .read<IdentityTables>()
    .selectFrom('team')
    .select(['id', 'name'])
    .where('organization_id', '=', organizationId)
    .where('name', '>=', search.prefix)
    .where('name', '<', search.prefix + LAST)
    .orderBy('name')
    .limit(search.limit)
    .execute();
}
