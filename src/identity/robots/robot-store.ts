import { randomUUID } from 'node:crypto';
import { type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import { AppError } from '../../kernel/errors.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import { insertNamespace } from '../store.ts';
import type { IdentityTables } from '../tables.ts';
import { deleteRobotTokens } from './robot-token-store.ts';

type NamedRows = SelectQueryBuilder<IdentityTables & { n: Selectable<IdentityTables['namespace']> }, 'n', unknown>;

export interface RobotRow {
  readonly user_id: number;
  readonly name: string;
  readonly owner_id: number;
  readonly description: string;
  readonly metadata: string | null;
  readonly created_at: number;
  readonly last_used_at: number | null;
  readonly expires_at: number | null;
}

export interface NewRobotRow {
  readonly name: string;
  readonly ownerId: number;
  readonly description: string;
  readonly metadata: string;
  readonly expiresAt: number | null;
}

/** @returns the robot's id, or undefined when the name is taken. */
export async function insertRobot(tx: Transaction, robot: NewRobotRow): Promise<number | undefined> {
  const userId = await insertNamespace(tx, robot.name, 'user');
  if (userId === undefined) return undefined;
  const query = tx.query<IdentityTables>();
  await query
    .insertInto('user_account')
    .values({ namespace_id: userId, uuid: randomUUID(), email: null, password_hash: null, owner_id: robot.ownerId })
    .execute();
  const { description, metadata, expiresAt: expires_at } = robot;
  await query.insertInto('robot').values({ user_id: userId, description, metadata, expires_at }).execute();
  return userId;
}

export async function findRobot(db: Database, name: string): Promise<RobotRow | undefined> {
  const named = db.read<IdentityTables>().selectFrom('namespace as n').where('n.name', '=', name);
  return joinRobots(named.where('n.enabled', '=', 1)).executeTakeFirst();
}

/** What a page of a list of robots is of. */
export interface RobotPage {
  readonly owner: { readonly id: number; readonly name: string };
  /** The last name of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export function listRobotRows(db: Database, page: RobotPage): Promise<readonly RobotRow[]> {
  return robotPageQuery(db, page).execute();
}

/**
 * A page of an owner's robots by name. They are found by their names, which begin with the owner's, because the index of names has
 * them in order; only then their rows are read.
 */
export function robotPageQuery(db: Database, { owner, after, limit }: RobotPage) {
  const named = db
    .read<IdentityTables>()
    .selectFrom('namespace')
    .select(['id', 'name', 'enabled', 'created_at'])
    .where('name', '>', after ?? `${owner.name}+`)
    // The character after "+".
    .where('name', '<', `${owner.name},`)
    .where('enabled', '=', 1)
    .orderBy('name')
    .limit(limit);
  return joinRobots(db.read<IdentityTables>().selectFrom(named.as('n'))).orderBy('n.name');
}

function joinRobots(named: NamedRows) {
  return named
    .innerJoin('user_account as u', 'u.namespace_id', 'n.id')
    .innerJoin('robot as r', 'r.user_id', 'n.id')
    .select([
      'r.user_id',
      'n.name',
      sql<number>`u.owner_id`.as('owner_id'),
      'r.description',
      'r.metadata',
      'n.created_at',
      'r.last_used_at',
      'r.expires_at',
    ]);
}

/**
 * Makes changes of one robot wait for each other.
 * Errors: INVALID_REQUEST when it is gone.
 */
export async function lockRobot(tx: Transaction, robotId: number): Promise<void> {
  const row = await tx
    .query<IdentityTables>()
    .selectFrom('robot')
    .select('user_id')
    .where('user_id', '=', robotId)
    .$if(tx.dialect === 'postgres', (query) => query.forUpdate())
    .executeTakeFirst();
  if (row === undefined) throw new AppError('INVALID_REQUEST', 'The robot has been deleted meanwhile');
}

/** @param expiresAt null: never */
export async function setRobotExpiry(tx: Transaction, robotId: number, expiresAt: number | null): Promise<void> {
  const query = tx.query<IdentityTables>();
  await query.updateTable('robot').set({ expires_at: expiresAt }).where('user_id', '=', robotId).execute();
}

/** Voids whatever was issued to a robot for its tokens and federated identities. They themselves go on. */
export async function voidIssued(tx: Transaction, robotId: number): Promise<void> {
  await tx
    .query<IdentityTables>()
    .updateTable('user_account')
    .set((row) => ({ password_version: row('password_version', '+', 1) }))
    .where('namespace_id', '=', robotId)
    .execute();
}

/** Takes the name and everything that the robot may do away from it; its row stays for what refers to it. */
export async function retireRobot(tx: Transaction, robotId: number): Promise<void> {
  await deleteRobotTokens(tx, robotId);
  await voidIssued(tx, robotId);
  const query = tx.query<IdentityTables>();
  await query.deleteFrom('robot_federation').where('robot_id', '=', robotId).execute();
  await query.deleteFrom('team_member').where('user_id', '=', robotId).execute();
  await query
    .deleteFrom('default_permission')
    .where((row) => row.or([row('delegate_user_id', '=', robotId), row('activating_user_id', '=', robotId)]))
    .execute();
  await query.deleteFrom('robot').where('user_id', '=', robotId).execute();
  await query
    .updateTable('namespace')
    .set({ name: `!robot-${robotId}`, enabled: 0 })
    .where('id', '=', robotId)
    .execute();
}

/** Robots that expired before a time, with their owners. */
export function listExpiredRobots(
  tx: Transaction,
  before: number,
  limit: number,
): Promise<readonly { readonly user_id: number; readonly name: string; readonly owner_id: number | null }[]> {
  return tx
    .query<IdentityTables>()
    .selectFrom('robot as r')
    .innerJoin('user_account as u', 'u.namespace_id', 'r.user_id')
    .innerJoin('namespace as n', 'n.id', 'r.user_id')
    .select(['r.user_id', 'n.name', 'u.owner_id'])
    .where('r.expires_at', '<', before)
    .where('n.enabled', '=', 1)
    .orderBy('r.expires_at')
    .limit(limit)
    .execute();
}
