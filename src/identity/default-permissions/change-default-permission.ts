import { randomUUID } from 'node:crypto';
import { recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { type Database, readInPages, type Transaction } from '../../platform/db/index.ts';
import type { ChangedBy } from '../audit-actor.ts';
import { lockOrganization, type OrganizationKey } from '../organizations/lock-organization.ts';
import type { IdentityTables } from '../tables.ts';
import { membersAmong } from '../teams/membership-store.ts';
import { type AccountRow, readAccount, readTeamInTransaction } from '../teams/store.ts';
import type { DefaultRole } from './resolve-default-grants.ts';
import {
  countDefaultPermissions,
  type DefaultPermissionRow,
  deleteDefaultPermissionRow,
  insertDefaultPermission,
  pageOfDefaultPermissions,
  readDefaultPermission,
  readDefaultPermissionsFor,
  updateDefaultPermission,
} from './store.ts';

/** Each of them is written into every new repository. */
const PERMISSIONS_MAX = 1000;
/** Each page takes a millisecond or so. */
const PAGE = 250;

export interface Person {
  readonly name: string;
  readonly isRobot: boolean;
  readonly isMember: boolean;
}

/** A role that somebody, or a team, gets on new repositories of an organization. */
export interface DefaultPermission {
  readonly uuid: string;
  readonly role: DefaultRole;
  /** Only for repositories that he creates; undefined: for all. */
  readonly activatingUser: Person | undefined;
  readonly delegate: (Person & { readonly kind: 'user' }) | { readonly kind: 'team'; readonly name: string };
}

export interface NewDefaultPermission {
  readonly role: DefaultRole;
  readonly activatingUser: string | undefined;
  readonly delegate: { readonly kind: 'user' | 'team'; readonly name: string };
}

/** All of an organization, in the order of their making. */
export async function listDefaultPermissions(
  db: Database,
  organizationId: number,
): Promise<readonly DefaultPermission[]> {
  const rows = await readInPages<DefaultPermissionRow>(PAGE, (last, limit) =>
    pageOfDefaultPermissions(db, organizationId, last?.id ?? 0, limit),
  );
  return toPermissions(db.read<IdentityTables>(), organizationId, rows);
}

/** Errors: INVALID_REQUEST for a user or team that there is not, and beyond 1000 of them; NOT_FOUND: the organization is gone. */
export async function createDefaultPermission(
  tx: Transaction,
  organization: OrganizationKey,
  { role, activatingUser, delegate }: NewDefaultPermission,
  by: ChangedBy,
): Promise<DefaultPermission> {
  await lockOrganization(tx, organization);
  if ((await countDefaultPermissions(tx, organization.id)) >= PERMISSIONS_MAX) {
    throw new AppError('INVALID_REQUEST', `An organization may have ${PERMISSIONS_MAX} default permissions`);
  }
  const activating = activatingUser === undefined ? undefined : await findUser(tx, activatingUser);
  const user = delegate.kind === 'user' ? await findUser(tx, delegate.name) : undefined;
  const team = delegate.kind === 'team' ? await readTeamInTransaction(tx, organization.id, delegate.name) : undefined;
  if (user === undefined && team === undefined) {
    throw new AppError('INVALID_REQUEST', 'There is no such team in the organization');
  }
  const uuid = randomUUID();
  await insertDefaultPermission(tx, {
    uuid,
    organization_id: organization.id,
    activating_user_id: activating?.id ?? null,
    delegate_user_id: user?.id ?? null,
    delegate_team_id: team?.id ?? null,
    role,
  });
  const created = await readDefaultPermission(tx, organization.id, uuid);
  if (created === undefined) throw new Error('A default permission is gone as soon as it was made');
  return recordChange(tx, 'create_prototype_permission', organization, created, by);
}

/** Errors: NOT_FOUND. */
export async function changeDefaultPermission(
  tx: Transaction,
  organization: OrganizationKey,
  uuid: string,
  role: DefaultRole,
  by: ChangedBy,
): Promise<DefaultPermission> {
  const row = await findPermission(tx, organization, uuid);
  if (row.role === role) return toPermission(tx, organization, row);
  await updateDefaultPermission(tx, row.id, role);
  const more = { original_role: row.role };
  return recordChange(tx, 'modify_prototype_permission', organization, { ...row, role }, by, more);
}

/** Repositories that are there keep what they have. Errors: NOT_FOUND. */
export async function deleteDefaultPermission(
  tx: Transaction,
  organization: OrganizationKey,
  uuid: string,
  by: ChangedBy,
): Promise<void> {
  const row = await findPermission(tx, organization, uuid);
  await deleteDefaultPermissionRow(tx, row.id);
  await recordChange(tx, 'delete_prototype_permission', organization, row, by);
}

/** Takes away what an account would get on new repositories of an organization, with a record of each. */
export async function withdrawDefaultPermissions(
  tx: Transaction,
  organization: OrganizationKey,
  userId: number,
  by: ChangedBy,
): Promise<void> {
  for (const row of await readDefaultPermissionsFor(tx, organization.id, userId)) {
    await deleteDefaultPermissionRow(tx, row.id);
    await recordChange(tx, 'delete_prototype_permission', organization, row, by);
  }
}

async function findPermission(
  tx: Transaction,
  organization: OrganizationKey,
  uuid: string,
): Promise<DefaultPermissionRow> {
  await lockOrganization(tx, organization);
  const row = await readDefaultPermission(tx, organization.id, uuid);
  if (row === undefined) throw new AppError('NOT_FOUND', 'There is no such default permission');
  return row;
}

async function findUser(tx: Transaction, name: string): Promise<AccountRow> {
  const account = await readAccount(tx, name);
  if (account?.enabled === 1) return account;
  throw new AppError('INVALID_REQUEST', `There is no user "${name.slice(0, 64)}"`);
}

async function recordChange(
  tx: Transaction,
  kind: 'create_prototype_permission' | 'modify_prototype_permission' | 'delete_prototype_permission',
  organization: OrganizationKey,
  row: DefaultPermissionRow,
  by: ChangedBy,
  more: Readonly<Record<string, unknown>> = {},
): Promise<DefaultPermission> {
  const permission = await toPermission(tx, organization, row);
  const { uuid, role, activatingUser, delegate } = permission;
  await recordAudit(tx, {
    ...by,
    kind,
    namespaceId: organization.id,
    metadata: {
      prototypeid: uuid,
      username: by.actor.name ?? null,
      activating_username: activatingUser?.name ?? null,
      role,
      [delegate.kind === 'user' ? 'delegate_user' : 'delegate_team']: delegate.name,
      ...more,
    },
  });
  return permission;
}

async function toPermission(
  tx: Transaction,
  organization: OrganizationKey,
  row: DefaultPermissionRow,
): Promise<DefaultPermission> {
  const [permission] = await toPermissions(tx.query<IdentityTables>(), organization.id, [row]);
  if (permission === undefined) throw new Error('A row has become nothing');
  return permission;
}

async function toPermissions(
  query: Parameters<typeof membersAmong>[0],
  organizationId: number,
  rows: readonly DefaultPermissionRow[],
): Promise<readonly DefaultPermission[]> {
  const ids = rows.flatMap(({ activating_id: a, user_id: b }) => [a, b]).filter((id) => id !== null);
  const members = await membersAmong(query, organizationId, [...new Set(ids)]);
  const person = (id: number | null, name: string, owner: number | null): Person => {
    const isRobot = owner !== null;
    return { name, isRobot, isMember: isRobot || (id !== null && members.has(id)) };
  };
  return rows.map((row) => ({
    uuid: row.uuid,
    role: row.role,
    activatingUser:
      row.activating_name === null ? undefined : person(row.activating_id, row.activating_name, row.activating_owner),
    delegate:
      row.user_name === null
        ? { kind: 'team', name: row.team_name ?? '' }
        : { kind: 'user', ...person(row.user_id, row.user_name, row.user_owner) },
  }));
}
