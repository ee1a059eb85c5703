import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { type Database, prepared, type Transaction } from '../platform/db/index.ts';
import { insertNamespace } from './store.ts';
import type { IdentityTables } from './tables.ts';

export interface RobotRow {
  readonly user_id: number;
  readonly name: string;
  readonly owner_id: number;
  readonly description: string;
  readonly metadata: string | null;
  readonly created_at: number;
  readonly last_used_at: number | null;
}

/** What signing in as a robot needs to know; one row for each of its tokens. */
export interface RobotTokenRow {
  readonly user_id: number;
  readonly name: string;
  /** Both the robot and its owner. */
  readonly enabled: number;
  readonly owner_enabled: number;
  readonly password_version: number;
  readonly uuid: string;
  readonly token_encrypted: string;
  readonly expires_at: number | null;
}

const tokensOfRobot = prepared<IdentityTables, [string], RobotTokenRow>((query, value) =>
  query
    .selectFrom('namespace as n')
    .innerJoin('user_account as u', 'u.namespace_id', 'n.id')
    .innerJoin('namespace as o', 'o.id', 'u.owner_id')
    .innerJoin('robot_token as t', 't.robot_id', 'u.namespace_id')
    .select([
      'n.id as user_id',
      'n.name',
      'n.enabled',
      'o.enabled as owner_enabled',
      'u.password_version',
      't.uuid',
      't.token_encrypted',
      't.expires_at',
    ])
    .where('n.name', '=', value(0)),
);

export function findRobotTokens(db: Database, name: string): Promise<readonly RobotTokenRow[]> {
  return tokensOfRobot.all(db, name);
}

/** @returns the robot's id, or undefined when the name is taken. */
export async function insertRobot(
  tx: Transaction,
  robot: { readonly name: string; readonly ownerId: number; readonly description: string; readonly metadata: string },
): Promise<number | undefined> {
  const userId = await insertNamespace(tx, robot.name, 'user');
  if (userId === undefined) return undefined;
  const query = tx.query<IdentityTables>();
  await query
    .insertInto('user_account')
    .values({ namespace_id: userId, uuid: randomUUID(), email: null, password_hash: null, owner_id: robot.ownerId })
    .execute();
  await query
    .insertInto('robot')
    .values({ user_id: userId, description: robot.description, metadata: robot.metadata })
    .execute();
  return userId;
}

export async function insertRobotToken(
  tx: Transaction,
  token: {
    readonly uuid: string;
    readonly robot_id: number;
    readonly token_encrypted: string;
    readonly expires_at: number | null;
  },
): Promise<void> {
  await tx
    .query<IdentityTables>()
    .insertInto('robot_token')
    .values({ ...token, created_at: await tx.now() })
    .execute();
}

/** Voids all tokens of a robot, and what was issued to it. */
export async function deleteRobotTokens(tx: Transaction, robotId: number): Promise<void> {
  const query = tx.query<IdentityTables>();
  await query.deleteFrom('robot_token').where('robot_id', '=', robotId).execute();
  await query
    .updateTable('user_account')
    .set((row) => ({ password_version: row('password_version', '+', 1) }))
    .where('namespace_id', '=', robotId)
    .execute();
}

export async function findRobot(db: Database, name: string): Promise<RobotRow | undefined> {
  return selectRobots(db).where('n.name', '=', name).executeTakeFirst();
}

/** Robots of one owner by name. @param limit undefined: all of them. */
export async function listRobotRows(
  db: Database,
  ownerId: number,
  limit: number | undefined,
): Promise<readonly RobotRow[]> {
  const rows = selectRobots(db).where('u.owner_id', '=', ownerId).orderBy('n.name');
  return (limit === undefined ? rows : rows.limit(limit)).execute();
}

function selectRobots(db: Database) {
  return db
    .read<IdentityTables>()
    .selectFrom('robot as r')
    .innerJoin('user_account as u', 'u.namespace_id', 'r.user_id')
    .innerJoin('namespace as n', 'n.id', 'r.user_id')
    .select([
      'r.user_id',
      'n.name',
      sql<number>`u.owner_id`.as('owner_id'),
      'r.description',
      'r.metadata',
      'n.created_at',
      'r.last_used_at',
    ])
    .where('n.enabled', '=', 1);
}

/** The newest token of each of some robots, encrypted, by robot. */
export async function newestRobotTokens(
  db: Database,
  robotIds: readonly number[],
): Promise<ReadonlyMap<number, { readonly uuid: string; readonly token_encrypted: string }>> {
  if (robotIds.length === 0) return new Map();
  const rows = await db
    .read<IdentityTables>()
    .selectFrom('robot_token')
    .select(['robot_id', 'uuid', 'token_encrypted'])
    .where('robot_id', 'in', robotIds)
    .orderBy('id')
    .execute();
  return new Map(rows.map(({ robot_id: id, ...token }) => [id, token]));
}

export async function markRobotUsed(tx: Transaction, robotId: number): Promise<void> {
  await tx
    .query<IdentityTables>()
    .updateTable('robot')
    .set({ last_used_at: await tx.now() })
    .where('user_id', '=', robotId)
    .execute();
}

/** Takes the name and everything that the robot may do away from it; its row stays for what refers to it. */
export async function retireRobot(tx: Transaction, robotId: number): Promise<void> {
  await deleteRobotTokens(tx, robotId);
  const query = tx.query<IdentityTables>();
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
