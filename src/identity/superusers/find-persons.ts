import type { Database } from '../../platform/db/index.ts';
import type { Organization } from '../organizations/find-organization.ts';
import { type Standing, standingOf, type StandingRules } from '../standing.ts';
import { findPersonRow, isGone, listOrganizationRows, type PersonRow, readPersonRows } from '../superuser-store.ts';

/** A user as those see him who administer the registry. */
export interface RegisteredUser extends Standing {
  readonly id: number;
  readonly name: string;
  readonly email: string | undefined;
  readonly verified: boolean;
  readonly enabled: boolean;
}

export interface PersonPage {
  /** Begins after the user of this id; 0: with the first. */
  readonly after: number;
  readonly limit: number;
  /** Whether those are listed, too, who are disabled. */
  readonly disabledToo: boolean;
}

/** A page of all users, in the order in which they were made; no robots. */
export async function listPersons(
  db: Database,
  rules: StandingRules,
  page: PersonPage,
): Promise<readonly RegisteredUser[]> {
  const found: PersonRow[] = [];
  for (let { after } = page; found.length < page.limit;) {
    const rows = await readPersonRows(db, { after, limit: page.limit });
    found.push(...rows.filter((row) => !isGone(row) && (page.disabledToo || row.enabled === 1)));
    const last = rows.at(-1);
    if (last === undefined || rows.length < page.limit) break;
    after = last.id;
  }
  return found.slice(0, page.limit).map((row) => toPerson(rules, row));
}

/** A page of all organizations, in the order in which they were made. */
export async function listOrganizations(
  db: Database,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly Pick<Organization, 'id' | 'name' | 'email'>[]> {
  const rows = await listOrganizationRows(db, page);
  return rows.map(({ id, name, contact_email: email }) => ({ id, name, email: email ?? undefined }));
}

/** undefined: there is no user of this name; robots and organizations are none. */
export async function findPerson(
  db: Database,
  rules: StandingRules,
  name: string,
): Promise<RegisteredUser | undefined> {
  const row = await findPersonRow(db, name);
  return row === undefined ? undefined : toPerson(rules, row);
}

export function toPerson(rules: StandingRules, row: PersonRow): RegisteredUser {
  return {
    id: row.id,
    name: row.name,
    email: row.email ?? undefined,
    verified: row.verified === 1,
    enabled: row.enabled === 1,
    ...standingOf(rules, { name: row.name, isRobot: false, superuser: row.superuser === 1 }),
  };
}
