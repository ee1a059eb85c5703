import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Clock } from '../../kernel/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { markRobotsUsed } from './robot-token-store.ts';

/** When robots, and what they sign in with, were last used: to the minute, and written beside the requests. */
export interface RobotUses {
  /** Returns at once. @param credential see `RobotActor.credential` */
  note(robotId: number, credential: number): void;
  /** Writes what is noted. Never rejects: a pull goes on where nothing can be written. */
  flush(): Promise<void>;
}

const FLUSH_AFTER_MS = 5000;
/** How often one use is written, at most. */
const EVERY_MS = 60_000;
const REMEMBERED_MAX = 10_000;
/** Rows of one statement: a transaction stays short. */
const BATCH = 500;

export function createRobotUses(ports: {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
}): RobotUses {
  const { db, clock, log } = ports;
  const lately = new LRUCache<number, true>({ max: REMEMBERED_MAX, ttl: EVERY_MS, ttlResolution: 0, perf: clock });
  let waiting = new Map<number, number>();

  async function flush(): Promise<void> {
    const uses = [...waiting];
    waiting = new Map();
    for (let from = 0; from < uses.length; from += BATCH) {
      const batch = uses.slice(from, from + BATCH);
      const credentials = batch.map(([credential]) => credential);
      const used = {
        robotIds: [...new Set(batch.map(([, robotId]) => robotId))],
        tokenIds: credentials.filter((credential) => credential > 0),
        identityIds: credentials.filter((credential) => credential < 0).map((credential) => -credential),
      };
      await db
        .transaction((tx) => markRobotsUsed(tx, used))
        .catch((error: unknown) => log.debug({ err: error }, 'The last use of robots could not be noted'));
    }
  }

  return {
    note(robotId, credential) {
      if (lately.has(credential)) return;
      lately.set(credential, true);
      if (waiting.size === 0) clock.after(FLUSH_AFTER_MS, () => void flush());
      waiting.set(credential, robotId);
    },
    flush,
  };
}
