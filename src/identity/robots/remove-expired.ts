import type { Logger } from 'pino';
import { recordAudit } from '../../audit/index.ts';
import type { Database } from '../../platform/db/index.ts';
import { parseRobotName } from '../robot-name.ts';
import type { RobotInUse } from './model.ts';
import { listExpiredRobots, retireRobot } from './robot-store.ts';
import { deleteExpiredRobotTokens } from './robot-token-store.ts';

/** How long what has expired is kept: whoever still uses it is told that it has expired, and a robot can be prolonged. */
const KEPT_MS = 30 * 24 * 3_600_000;
/** Rows of one transaction. */
const BATCH = 100;

/** Removes tokens, and robots with all they were granted, that expired 30 days ago. */
export async function removeExpired(
  {
    db,
    log,
    robotInUse,
  }: { readonly db: Database; readonly log: Logger; readonly robotInUse?: RobotInUse | undefined },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const removed = await db.transaction(async (tx) => deleteExpiredRobotTokens(tx, (await tx.now()) - KEPT_MS, BATCH));
    if (removed < BATCH) break;
  }
  while (!signal.aborted && (await removeRobots(db, log, robotInUse)) === BATCH);
}

/** @returns how many were removed */
function removeRobots(db: Database, log: Logger, robotInUse: RobotInUse | undefined): Promise<number> {
  return db.transaction(async (tx) => {
    let removed = 0;
    for (const robot of await listExpiredRobots(tx, (await tx.now()) - KEPT_MS, BATCH)) {
      const use = await robotInUse?.(tx, robot.user_id);
      if (use !== undefined) {
        log.warn({ robot: robot.name }, `A robot that has expired cannot be removed: ${use}`);
        continue;
      }
      await retireRobot(tx, robot.user_id);
      await recordAudit(tx, {
        kind: 'delete_robot',
        actor: { kind: 'system', name: undefined },
        namespaceId: robot.owner_id ?? undefined,
        metadata: { robot: parseRobotName(robot.name)?.shortName },
      });
      removed += 1;
    }
    return removed;
  });
}
