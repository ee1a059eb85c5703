import type { Logger } from 'pino';
import type { Clock } from '../kernel/clock.ts';
import type { Database } from '../platform/db/index.ts';
import type { AuditEntry } from './model.ts';
import { insertEntries } from './store.ts';

/** Records what is too frequent for a transaction of its own (pulls, sign-ins), many together. */
export interface PullRecorder {
  /** Takes the entry into memory and returns at once: a crash loses at most one second. Never throws. */
  record(entry: AuditEntry): void;
  /**
   * Records a pull, which is answered when the returned promise, if any, has resolved. There is one when records are strict:
   * it rejects with the database's error when the record could not be written, and nothing is left of it.
   */
  recordPull(entry: AuditEntry): Promise<void> | undefined;
  /** How many entries wait for the database, and how many were given up since the start. */
  readonly backlog: { readonly waiting: number; readonly dropped: number };
  /** Writes what is left, with one attempt. Nothing may be recorded afterwards. */
  close(): Promise<void>;
}

export interface PullRecorderPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether pulls wait for their record: ALLOW_PULLS_WITHOUT_STRICT_LOGGING is false. Default: they do not. */
  readonly strict?: boolean;
  /** How many entries may wait for the database; more are dropped and counted. About 300 bytes each. */
  readonly capacity?: number;
}

const FLUSH_AFTER_MS = 500;
const RETRY_AFTER_MS = 1000;
// One transaction stays below 10 ms of the writer.
const BATCH = 1000;

interface Waiting {
  readonly entry: AuditEntry;
  /** By this process's clock. */
  readonly recordedAt: number;
}

export function createPullRecorder(ports: PullRecorderPorts): PullRecorder {
  const { clock, log, capacity = 50_000 } = ports;
  const strictly = ports.strict === true ? createStrictRecorder(ports) : undefined;
  let waiting: Waiting[] = [];
  let flushing: Promise<boolean> | undefined;
  let cancelTimer: (() => void) | undefined;
  let dropped = 0;
  let droppedEver = 0;

  function record(entry: AuditEntry): void {
    if (waiting.length >= capacity) {
      dropped += 1;
      droppedEver += 1;
      return;
    }
    waiting.push({ entry, recordedAt: clock.now() });
    if (waiting.length === 1) schedule(FLUSH_AFTER_MS);
    else if (waiting.length === BATCH && flushing === undefined) schedule(0);
  }

  function schedule(delayMs: number): void {
    cancelTimer?.();
    cancelTimer = clock.after(delayMs, () => {
      cancelTimer = undefined;
      void flush();
    });
  }

  /** Resolves to whether everything that waited has been written. Never rejects. */
  function flush(): Promise<boolean> {
    flushing ??= writeAll().finally(() => {
      flushing = undefined;
      if (waiting.length > 0 && cancelTimer === undefined) schedule(FLUSH_AFTER_MS);
    });
    return flushing;
  }

  async function writeAll(): Promise<boolean> {
    try {
      while (waiting.length > 0) {
        const batch = waiting.slice(0, BATCH);
        await writeBatch(ports, batch);
        waiting = waiting.slice(batch.length);
      }
    } catch (error) {
      log.error({ err: error, waiting: waiting.length, dropped }, 'Pull records cannot be written; trying again');
      schedule(RETRY_AFTER_MS);
      return false;
    }
    if (dropped > 0) log.error({ dropped }, 'Pull records were dropped while the database was not available');
    dropped = 0;
    return true;
  }

  function recordPull(entry: AuditEntry): Promise<void> | undefined {
    if (strictly !== undefined) return strictly(entry);
    record(entry);
    return undefined;
  }

  async function close(): Promise<void> {
    // What was recorded while an earlier flush ran needs one of its own.
    await flushing;
    await flush();
    cancelTimer?.();
  }

  return {
    record,
    recordPull,
    close,
    backlog: {
      get waiting() {
        return waiting.length;
      },
      get dropped() {
        return droppedEver;
      },
    },
  };
}

/**
 * Writes entries whose callers wait. Those that come while a transaction runs share the next one, so that their number costs
 * no commits.
 */
function createStrictRecorder(ports: Pick<PullRecorderPorts, 'db' | 'clock'>): (entry: AuditEntry) => Promise<void> {
  let next: { readonly batch: Waiting[]; readonly written: Promise<void> } | undefined;
  let running: Promise<unknown> = Promise.resolve();
  return (entry) => {
    if (next === undefined || next.batch.length >= BATCH) {
      const batch: Waiting[] = [];
      const written = running.then(() => {
        if (next?.batch === batch) next = undefined;
        return writeBatch(ports, batch);
      });
      running = written.catch(() => undefined);
      next = { batch, written };
    }
    next.batch.push({ entry, recordedAt: ports.clock.now() });
    return next.written;
  };
}

async function writeBatch(
  { db, clock }: Pick<PullRecorderPorts, 'db' | 'clock'>,
  batch: readonly Waiting[],
): Promise<void> {
  await db.transaction(async (tx) => {
    const databaseNow = await tx.now();
    const processNow = clock.now();
    const rows = batch.map(({ entry, recordedAt }) => ({
      // Moves the time of this process onto the database's clock.
      at: databaseNow - Math.max(0, processNow - recordedAt),
      entry,
    }));
    await insertEntries(tx, rows);
  });
}
