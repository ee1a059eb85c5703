import type { Logger } from 'pino';
import { type AuditActor, type AuditKind, recordAudit } from '../../audit/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { SecretBox } from '../../platform/crypto/index.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import type { JobHandler } from '../../platform/queue/index.ts';
import { shareNamespace } from '../namespace-store.ts';
import { parseRobotName, robotName, robotNameFault } from '../robot-name.ts';
import type { NewRobot, NewRobotToken, Robot, RobotInUse, RobotOwner, RobotToken } from './model.ts';
import { removeExpired } from './remove-expired.ts';
import {
  findRobot,
  insertRobot,
  listRobotRows,
  lockRobot,
  retireRobot,
  type RobotRow,
  setRobotExpiry,
  voidIssued,
} from './robot-store.ts';
import { robotRefusal, type RobotRules } from './robot-rules.ts';
import { FIRST_TOKEN, issueRobotToken, openRobotToken } from './robot-token.ts';
import {
  deleteRobotToken,
  deleteRobotTokens,
  listRobotTokenNames,
  listRobotTokens,
  type RobotTokenRow,
} from './robot-token-store.ts';

const DESCRIPTION_MAX = 255;
const METADATA_MAX = 4096;
/** Enough for a rotation of everything that shares a robot, and few enough to compare all of them at a sign-in. */
const TOKENS_MAX = 20;
const CLEAN_EVERY_MS = 3_600_000;

/** Accounts for programs, each of a user or an organization: they pull and push what they are granted, and nothing else. */
export interface Robots {
  /** Errors: INVALID_REQUEST when the name is malformed or taken, something is too long, or robots are switched off. */
  create(tx: Transaction, robot: NewRobot, by: AuditActor): Promise<Robot & { readonly token: string }>;
  /** undefined: there is none of this name. */
  find(owner: RobotOwner, shortName: string): Promise<Robot | undefined>;
  /** A page by name. @param page.after the last name of the page before */
  list(
    owner: RobotOwner,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<readonly Robot[]>;
  /** The newest token of each that has not expired, by the robot's id. */
  tokens(robots: readonly Robot[]): Promise<ReadonlyMap<number, string>>;
  /** All tokens of one, oldest first, with their secrets. */
  listTokens(robot: Robot): Promise<readonly (RobotToken & { readonly token: string })[]>;
  /** One more token; the others go on. Errors: INVALID_REQUEST when there are too many, the name is taken, or the time is over. */
  addToken(
    tx: Transaction,
    owner: RobotOwner,
    robot: Robot,
    token: NewRobotToken,
    by: AuditActor,
  ): Promise<{ readonly uuid: string; readonly token: string }>;
  /** Ends one token, and what was issued for it, at once. Errors: NOT_FOUND. */
  revokeToken(tx: Transaction, owner: RobotOwner, robot: Robot, uuid: string, by: AuditActor): Promise<void>;
  /** A new token in place of all that there were; what was issued for them ends at once. */
  regenerate(tx: Transaction, owner: RobotOwner, robot: Robot, by: AuditActor): Promise<string>;
  /** @param expiresAt undefined: never. Errors: INVALID_REQUEST when that time is over. */
  changeExpiry(
    tx: Transaction,
    owner: RobotOwner,
    robot: Robot,
    expiresAt: number | undefined,
    by: AuditActor,
  ): Promise<void>;
  /** Its name is free at once. Errors: INVALID_REQUEST while something refers to it. */
  remove(tx: Transaction, owner: RobotOwner, robot: Robot, by: AuditActor): Promise<void>;
  readonly jobs: readonly JobHandler[];
}

export function createRobots(
  ports: {
    readonly db: Database;
    readonly box: SecretBox;
    readonly clock: Clock;
    readonly log: Logger;
    readonly robotInUse?: RobotInUse | undefined;
  },
  rules: RobotRules,
): Robots {
  const { db, box, clock, log, robotInUse } = ports;

  async function record(
    tx: Transaction,
    kind: AuditKind,
    owner: RobotOwner,
    by: AuditActor,
    metadata: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await recordAudit(tx, { kind, actor: by, namespaceId: owner.id, metadata });
  }

  async function mustNotBeOver(tx: Transaction, expiresAt: number | undefined): Promise<void> {
    if (expiresAt === undefined || expiresAt > (await tx.now())) return;
    throw new AppError('INVALID_REQUEST', 'The expiry must be in the future');
  }

  return {
    async create(tx, robot, by) {
      const { owner, shortName, description = '', expiresAt } = robot;
      const metadata = JSON.stringify(robot.metadata ?? {});
      const name = robotName({ owner: owner.name, shortName });
      const fault =
        robotNameFault(shortName) ??
        robotRefusal(rules, name) ??
        (description.length > DESCRIPTION_MAX ? `The description may have ${DESCRIPTION_MAX} characters` : undefined) ??
        (metadata.length > METADATA_MAX ? `The metadata may have ${METADATA_MAX} characters as JSON` : undefined);
      if (fault !== undefined) throw new AppError('INVALID_REQUEST', fault);
      await mustNotBeOver(tx, expiresAt);
      // A robot is called after its owner, who may be renamed or deleted at this moment.
      if (!(await shareNamespace(tx, owner.id, owner.name))) {
        throw new AppError('INVALID_REQUEST', `There is no user or organization "${owner.name}" any more`);
      }
      const row = { name, ownerId: owner.id, description, metadata, expiresAt: expiresAt ?? null };
      const userId = await insertRobot(tx, row);
      if (userId === undefined) throw new AppError('INVALID_REQUEST', `Existing robot with name: ${name}`);
      const { token } = await issueRobotToken(tx, box, userId, FIRST_TOKEN);
      const facts = { robot: shortName, description, unstructured_metadata: robot.metadata ?? {} };
      await record(tx, 'create_robot', owner, by, facts);
      const created = { createdAt: await tx.now(), lastUsedAt: undefined, expiresAt };
      return { userId, name, description, metadata: robot.metadata ?? {}, ...created, token };
    },
    async find(owner, shortName) {
      if (robotNameFault(shortName) !== undefined) return undefined;
      const row = await findRobot(db, robotName({ owner: owner.name, shortName }));
      return row?.owner_id === owner.id ? toRobot(row) : undefined;
    },
    list: async (owner, page) => (await listRobotRows(db, { owner, ...page })).map(toRobot),
    async tokens(robots) {
      const ids = robots.map(({ userId }) => userId);
      const now = clock.now();
      const rows = await listRobotTokens(db, ids);
      const valid = rows.filter(({ expires_at: expiresAt }) => expiresAt === null || expiresAt > now);
      const newest = new Map(valid.map((row) => [row.robot_id, row]));
      return new Map([...newest].map(([id, row]) => [id, openRobotToken(box, row)]));
    },
    async listTokens(robot) {
      const rows = await listRobotTokens(db, [robot.userId]);
      return rows.map((row) => ({ ...toToken(row), token: openRobotToken(box, row) }));
    },
    async addToken(tx, owner, robot, token, by) {
      await lockRobot(tx, robot.userId);
      await mustNotBeOver(tx, token.expiresAt);
      const others = await listRobotTokenNames(tx, robot.userId);
      if (others.length >= TOKENS_MAX) {
        throw new AppError('INVALID_REQUEST', `A robot may have ${TOKENS_MAX} tokens; revoke one that is not used`);
      }
      if (others.some(({ name }) => name === token.name)) {
        throw new AppError('INVALID_REQUEST', `The robot has a token called "${token.name}" already`);
      }
      const issued = await issueRobotToken(tx, box, robot.userId, token);
      const facts = { robot: robot.name, token: token.name, expires_at: token.expiresAt ?? null };
      await record(tx, 'create_robot_token', owner, by, facts);
      return issued;
    },
    async revokeToken(tx, owner, robot, uuid, by) {
      const name = await deleteRobotToken(tx, robot.userId, uuid);
      if (name === undefined) throw new AppError('NOT_FOUND', 'The robot has no such token');
      await record(tx, 'revoke_robot_token', owner, by, { robot: robot.name, token: name });
    },
    async regenerate(tx, owner, robot, by) {
      await lockRobot(tx, robot.userId);
      await deleteRobotTokens(tx, robot.userId);
      await voidIssued(tx, robot.userId);
      const { token } = await issueRobotToken(tx, box, robot.userId, FIRST_TOKEN);
      await record(tx, 'regenerate_robot_token', owner, by, { robot: robot.name });
      return token;
    },
    async changeExpiry(tx, owner, robot, expiresAt, by) {
      await mustNotBeOver(tx, expiresAt);
      await setRobotExpiry(tx, robot.userId, expiresAt ?? null);
      // What was issued says when it ends.
      if (expiresAt !== undefined) await voidIssued(tx, robot.userId);
      await record(tx, 'change_robot_expiry', owner, by, { robot: robot.name, expires_at: expiresAt ?? null });
    },
    async remove(tx, owner, robot, by) {
      await lockRobot(tx, robot.userId);
      const use = await robotInUse?.(tx, robot.userId);
      if (use !== undefined) {
        throw new AppError('INVALID_REQUEST', `The robot "${robot.name}" cannot be deleted: ${use}`);
      }
      await retireRobot(tx, robot.userId);
      await record(tx, 'delete_robot', owner, by, { robot: parseRobotName(robot.name)?.shortName });
    },
    jobs: [
      {
        queue: 'remove_expired_robots',
        everyMs: CLEAN_EVERY_MS,
        run: (_, signal) => removeExpired({ db, log, robotInUse }, signal),
      },
    ],
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
    expiresAt: row.expires_at ?? undefined,
  };
}

function toToken(row: RobotTokenRow): RobotToken {
  return {
    uuid: row.uuid,
    name: row.name,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}
