import type { Logger } from 'pino';
import { type AuditActor, recordAudit } from '../audit/index.ts';
import { AppError } from '../kernel/errors.ts';
import type { Clock } from '../kernel/clock.ts';
import { equalSecrets, type SecretBox } from '../platform/crypto/index.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { RobotActor } from './model.ts';
import { robotName, robotNameFault, parseRobotName } from './robot-name.ts';
import {
  deleteRobotTokens,
  findRobot,
  findRobotTokens,
  insertRobot,
  listRobotRows,
  markRobotUsed,
  newestRobotTokens,
  retireRobot,
  type RobotRow,
} from './robot-store.ts';
import { issueRobotToken, openRobotToken, ROBOT_TOKEN } from './robot-token.ts';

/** How often the last use is noted, at most. */
const USED_EVERY_MS = 60_000;
const DESCRIPTION_MAX = 255;
const METADATA_MAX = 4096;

export interface Robot {
  readonly userId: number;
  /** `owner+short`. */
  readonly name: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  /** To the minute; undefined: never. */
  readonly lastUsedAt: number | undefined;
}

export interface RobotOwner {
  readonly id: number;
  readonly name: string;
}

export interface NewRobot {
  readonly owner: RobotOwner;
  readonly shortName: string;
  readonly description?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Accounts for programs, each of a user or an organization: they pull and push what they are granted, and nothing else. */
export interface Robots {
  /** Errors: INVALID_REQUEST when the name is malformed or taken, or something is too long. */
  create(tx: Transaction, robot: NewRobot, by: AuditActor): Promise<Robot & { readonly token: string }>;
  /** undefined: there is none of this name. */
  find(owner: RobotOwner, shortName: string): Promise<Robot | undefined>;
  /** By name. @param limit at most so many; undefined: all */
  list(owner: RobotOwner, limit?: number): Promise<readonly Robot[]>;
  /** The newest token of each, by the robot's id. */
  tokens(robots: readonly Robot[]): Promise<ReadonlyMap<number, string>>;
  /** A new token in place of all that there were; what was issued for them ends at once. */
  regenerate(tx: Transaction, owner: RobotOwner, robot: Robot, by: AuditActor): Promise<string>;
  /** Its name is free at once. */
  remove(tx: Transaction, owner: RobotOwner, robot: Robot, by: AuditActor): Promise<void>;
  /** Signs in by `owner+short` and a token. undefined: wrong, unknown, expired, or it or its owner is disabled. */
  authenticate(name: string, token: string): Promise<RobotActor | undefined>;
}

export function createRobots(ports: {
  readonly db: Database;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly log: Logger;
}): Robots {
  const { db, box, clock, log } = ports;
  const usedAt = new Map<number, number>();

  async function noteUse(robotId: number): Promise<void> {
    const now = clock.now();
    if ((usedAt.get(robotId) ?? 0) + USED_EVERY_MS > now) return;
    usedAt.delete(robotId);
    usedAt.set(robotId, now);
    if (usedAt.size > 10_000) usedAt.delete(usedAt.keys().next().value ?? robotId);
    // A pull goes on where nothing can be written.
    await db
      .transaction((tx) => markRobotUsed(tx, robotId))
      .catch((error: unknown) => log.debug({ err: error }, 'The last use of a robot could not be noted'));
  }

  return {
    async create(tx, robot, by) {
      const { owner, shortName, description = '' } = robot;
      const metadata = JSON.stringify(robot.metadata ?? {});
      const fault =
        robotNameFault(shortName) ??
        (description.length > DESCRIPTION_MAX ? `The description may have ${DESCRIPTION_MAX} characters` : undefined) ??
        (metadata.length > METADATA_MAX ? `The metadata may have ${METADATA_MAX} characters as JSON` : undefined);
      if (fault !== undefined) throw new AppError('INVALID_REQUEST', fault);
      const name = robotName({ owner: owner.name, shortName });
      const userId = await insertRobot(tx, { name, ownerId: owner.id, description, metadata });
      if (userId === undefined) throw new AppError('INVALID_REQUEST', `Existing robot with name: ${name}`);
      const { token } = await issueRobotToken(tx, box, userId);
      const facts = { robot: shortName, description, unstructured_metadata: robot.metadata ?? {} };
      await recordAudit(tx, { kind: 'create_robot', actor: by, namespaceId: owner.id, metadata: facts });
      const createdAt = await tx.now();
      return { userId, name, description, metadata: robot.metadata ?? {}, createdAt, lastUsedAt: undefined, token };
    },
    async find(owner, shortName) {
      if (robotNameFault(shortName) !== undefined) return undefined;
      const row = await findRobot(db, robotName({ owner: owner.name, shortName }));
      return row?.owner_id === owner.id ? toRobot(row) : undefined;
    },
    list: async (owner, limit) => (await listRobotRows(db, owner.id, limit)).map(toRobot),
    async tokens(robots) {
      const rows = await newestRobotTokens(
        db,
        robots.map(({ userId }) => userId),
      );
      return new Map([...rows].map(([id, row]) => [id, openRobotToken(box, row)]));
    },
    async regenerate(tx, owner, robot, by) {
      await deleteRobotTokens(tx, robot.userId);
      const { token } = await issueRobotToken(tx, box, robot.userId);
      const facts = { robot: robot.name };
      await recordAudit(tx, { kind: 'regenerate_robot_token', actor: by, namespaceId: owner.id, metadata: facts });
      return token;
    },
    async remove(tx, owner, robot, by) {
      await retireRobot(tx, robot.userId);
      const facts = { robot: parseRobotName(robot.name)?.shortName };
      await recordAudit(tx, { kind: 'delete_robot', actor: by, namespaceId: owner.id, metadata: facts });
    },
    async authenticate(name, token) {
      if (parseRobotName(name) === undefined || !ROBOT_TOKEN.test(token)) return undefined;
      for (const row of await findRobotTokens(db, name)) {
        if (!equalSecrets(openRobotToken(box, row), token)) continue;
        if (row.enabled !== 1 || row.owner_enabled !== 1) return undefined;
        if (row.expires_at !== null && row.expires_at <= clock.now()) return undefined;
        await noteUse(row.user_id);
        return {
          kind: 'robot',
          userId: row.user_id,
          name: row.name,
          passwordVersion: row.password_version,
          scopes: undefined,
        };
      }
      return undefined;
    },
  };
}

function toRobot(row: RobotRow): Robot {
  return {
    userId: row.user_id,
    name: row.name,
    description: row.description,
    metadata: row.metadata === null ? {} : (JSON.parse(row.metadata) as Record<string, unknown>),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}
