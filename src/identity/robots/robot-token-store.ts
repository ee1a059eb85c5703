import { type RawBuilder, sql } from 'kysely';
import { type Database, prepared, type Transaction } from '../../platform/db/index.ts';
import type { IdentityTables } from '../tables.ts';

/** What signing in as a robot needs to know; one row for each of its tokens. */
export interface RobotSecretRow {
  readonly user_id: number;
  readonly name: string;
  /** Both the robot and its owner. */
  readonly enabled: number;
  readonly owner_enabled: number;
  readonly password_version: number;
  readonly robot_expires_at: number | null;
  readonly token_id: number;
  readonly token_name: string;
  readonly uuid: string;
  readonly token_encrypted: string;
  readonly expires_at: number | null;
}

const secretsOfRobot = prepared<IdentityTables, [string], RobotSecretRow>((query, value) =>
  query
    .selectFrom('namespace as n')
    .innerJoin('user_account as u', 'u.namespace_id', 'n.id')
    .innerJoin('namespace as o', 'o.id', 'u.owner_id')
    .innerJoin('robot as r', 'r.user_id', 'n.id')
    .innerJoin('robot_token as t', 't.robot_id', 'n.id')
    .select([
      'n.id as user_id',
      'n.name',
      'n.enabled',
      'o.enabled as owner_enabled',
      'u.password_version',
      'r.expires_at as robot_expires_at',
      't.id as token_id',
      't.name as token_name',
      't.uuid',
      't.token_encrypted',
      't.expires_at',
    ])
    .where('n.name', '=', value(0)),
);

export function findRobotSecrets(db: Database, name: string): Promise<readonly RobotSecretRow[]> {
  return secretsOfRobot.all(db, name);
}

/**
 * SQL: whether what an account signed in with is still there.
 * @param credential see `RobotActor.credential`; 0: nothing that could go
 */
export function isCredentialThere(account: RawBuilder<unknown>, credential: RawBuilder<unknown>): RawBuilder<boolean> {
  const id = sql`CAST(${credential} AS BIGINT)`;
  return sql<boolean>`(${id} = 0
    OR EXISTS (SELECT 1 FROM robot_token kept WHERE kept.id = ${id} AND kept.robot_id = ${account})
    OR EXISTS (SELECT 1 FROM robot_federation kept WHERE kept.id = -${id} AND kept.robot_id = ${account}))`;
}

export interface RobotTokenRow {
  readonly robot_id: number;
  readonly uuid: string;
  readonly name: string;
  readonly token_encrypted: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
}

/** All tokens of some robots, oldest first. */
export async function listRobotTokens(db: Database, robotIds: readonly number[]): Promise<readonly RobotTokenRow[]> {
  if (robotIds.length === 0) return [];
  return db
    .read<IdentityTables>()
    .selectFrom('robot_token')
    .select(['robot_id', 'uuid', 'name', 'token_encrypted', 'created_at', 'expires_at', 'last_used_at'])
    .where('robot_id', 'in', robotIds)
    .orderBy('id')
    .execute();
}

/** Names of a robot's tokens, and when each ends. */
export function listRobotTokenNames(
  tx: Transaction,
  robotId: number,
): Promise<readonly { readonly name: string; readonly expires_at: number | null }[]> {
  return tx
    .query<IdentityTables>()
    .selectFrom('robot_token')
    .select(['name', 'expires_at'])
    .where('robot_id', '=', robotId)
    .execute();
}

export async function insertRobotToken(
  tx: Transaction,
  token: Pick<RobotTokenRow, 'uuid' | 'robot_id' | 'name' | 'token_encrypted' | 'expires_at'>,
): Promise<void> {
  await tx
    .query<IdentityTables>()
    .insertInto('robot_token')
    .values({ ...token, created_at: await tx.now() })
    .execute();
}

/** @returns the name that it had; undefined: the robot has no such token. */
export async function deleteRobotToken(tx: Transaction, robotId: number, uuid: string): Promise<string | undefined> {
  const row = await tx
    .query<IdentityTables>()
    .deleteFrom('robot_token')
    .where('robot_id', '=', robotId)
    .where('uuid', '=', uuid)
    .returning('name')
    .executeTakeFirst();
  return row?.name;
}

export async function deleteRobotTokens(tx: Transaction, robotId: number): Promise<void> {
  await tx.query<IdentityTables>().deleteFrom('robot_token').where('robot_id', '=', robotId).execute();
}

/** Removes some of the tokens that expired before a time. @returns how many */
export async function deleteExpiredRobotTokens(tx: Transaction, before: number, limit: number): Promise<number> {
  const query = tx.query<IdentityTables>();
  const expired = query.selectFrom('robot_token').select('id').where('expires_at', '<', before).limit(limit);
  const result = await query.deleteFrom('robot_token').where('id', 'in', expired).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Notes that robots and what they signed in with were used now. */
export async function markRobotsUsed(
  tx: Transaction,
  used: {
    readonly robotIds: readonly number[];
    readonly tokenIds: readonly number[];
    readonly identityIds: readonly number[];
  },
): Promise<void> {
  const last_used_at = await tx.now();
  const query = tx.query<IdentityTables>();
  await query.updateTable('robot').set({ last_used_at }).where('user_id', 'in', used.robotIds).execute();
  if (used.tokenIds.length > 0) {
    await query.updateTable('robot_token').set({ last_used_at }).where('id', 'in', used.tokenIds).execute();
  }
  if (used.identityIds.length > 0) {
    await query.updateTable('robot_federation').set({ last_used_at }).where('id', 'in', used.identityIds).execute();
  }
}
