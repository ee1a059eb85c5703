import type { Clock } from '../kernel/clock.ts';
import { appliedMigrations, type Database, tryWriting } from '../platform/db/index.ts';
import { reachStorage, type StorageEngine, tryStorage } from '../storage/index.ts';
import { describeSpace, type DiskSpace, readDiskSpace, shortOfSpace } from './disk-space.ts';
import { remembered } from './remembered.ts';

/** Whether something this server needs is in order. */
export interface Finding {
  readonly ok: boolean;
  /** For the operator: what was found, or what is wrong. */
  readonly detail: string;
}

export type Probe = () => Promise<Finding>;

/** Every probe answers within seconds and never rejects; asking often costs no more than asking once a second. */
export interface ServiceProbes {
  readonly database: Probe;
  /** Also that the database takes writes. */
  readonly databaseWrites: Probe;
  /** Whether the schema is the one this version has been written for. */
  readonly revision: Probe;
  readonly diskSpace: Probe;
  readonly diskSpaceWarning: Probe;
  readonly serviceKey: Probe;
  /** That the storage answers. */
  readonly storage: Probe;
  /** That the storage writes, reads and removes. */
  readonly storageWrites: Probe;
  /** Rejects when it cannot be read in time. */
  readonly disks: () => Promise<readonly DiskSpace[]>;
}

export interface ProbeOptions {
  readonly db: Database;
  readonly storage: StorageEngine;
  readonly signingKey: () => Promise<{ readonly kid: string }>;
  readonly clock: Clock;
  /** Names of the steps of the schema that this version knows. */
  readonly migrations: readonly string[];
  /** Directories by what they are for. */
  readonly places: ReadonlyMap<string, string>;
  /** Shares of a disk that must be free, 0 to 1. */
  readonly thresholds: { readonly warning: number; readonly failing: number };
}

const REMEMBER_MS = 1000;
/** Writing costs the disk something, so that it is tried less often. */
const REMEMBER_WRITES_MS = 5000;
const LIMIT_MS = 2000;
/** Disks that are busy with pushes may take a while to sync. */
const WRITE_LIMIT_MS = 5000;

export function createServiceProbes(options: ProbeOptions): ServiceProbes {
  const { db, storage, clock, places, thresholds } = options;
  const probe = (read: () => Promise<string>, { forMs = REMEMBER_MS, limitMs = LIMIT_MS } = {}): Probe => {
    const ask = remembered({ read, forMs, limitMs, clock });
    return () =>
      ask().then(
        (detail) => ({ ok: true, detail }),
        (error: unknown) => ({ ok: false, detail: describeError(error) }),
      );
  };
  const writes = { forMs: REMEMBER_WRITES_MS, limitMs: WRITE_LIMIT_MS };
  const revisions = remembered({
    read: () => appliedMigrations(db),
    forMs: REMEMBER_MS,
    limitMs: LIMIT_MS,
    clock,
  });
  const disks = remembered({ read: () => readDiskSpace(places), forMs: REMEMBER_MS, limitMs: LIMIT_MS, clock });
  const space = (share: number) => async (): Promise<string> => {
    const found = await disks();
    const short = shortOfSpace(found, share);
    if (short !== '') throw new Error(`Less than ${share * 100} % is free; make room: ${short}`);
    return found.map(describeSpace).join('; ');
  };

  return {
    disks,
    database: probe(async () => `${db.dialect} answers, ${(await revisions()).length} schema steps`),
    databaseWrites: probe(async () => {
      await tryWriting(db);
      return `${db.dialect} reads and writes`;
    }),
    revision: probe(async () => {
      const applied = new Set(await revisions());
      const missing = options.migrations.filter((name) => !applied.has(name));
      if (missing.length > 0) throw new Error(`Steps of the schema are missing: ${missing.join(', ')}`);
      return `${[...applied].at(-1) ?? 'empty'}; this version knows ${options.migrations.at(-1) ?? 'none'}`;
    }),
    diskSpace: probe(space(thresholds.failing)),
    diskSpaceWarning: probe(space(thresholds.warning)),
    serviceKey: asLastFound(probe(async () => `signs with ${(await options.signingKey()).kid}`)),
    storage: probe(async () => {
      await reachStorage(storage);
      return 'answers';
    }),
    storageWrites: probe(async () => {
      await tryStorage(storage);
      return 'writes, reads and removes';
    }, writes),
  };
}

/**
 * A probe that does not wait: what is not known at once is as it was found last. Making the first key of an instance takes a
 * good part of its start, in which only those wait who want a token.
 */
function asLastFound(probe: Probe): Probe {
  let last: Finding = { ok: true, detail: 'is being made or looked for' };
  return () => {
    const asking = probe().then((finding) => (last = finding));
    const enough = new Promise<Finding>((resolve) => setImmediate(() => resolve(last)));
    return Promise.race([asking, enough]);
  };
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && !error.message.includes(cause.message)
    ? `${error.message} (${cause.message})`
    : error.message;
}
