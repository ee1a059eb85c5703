import { countRepositories } from '../catalog/index.ts';
import { countNamespaces } from '../identity/index.ts';
import type { Clock } from '../kernel/clock.ts';
import { VERSION } from '../kernel/version.ts';
import type { Database } from '../platform/db/index.ts';
import type { LogTally } from '../platform/log/index.ts';
import type { Metrics, Sample } from '../platform/metrics/index.ts';
import { countJobs, type JobCounts } from '../platform/queue/index.ts';
import { remembered } from './remembered.ts';
import type { Probe, ServiceProbes } from './service-probes.ts';

export interface CollectedSources {
  readonly db: Database;
  readonly clock: Clock;
  readonly probes: ServiceProbes;
  /** undefined: none is configured. */
  readonly redis: Probe | undefined;
  readonly log: LogTally;
  /** Pull records that wait for the database, and that were dropped because too many did. */
  readonly pulls: { readonly waiting: number; readonly dropped: number };
  /** Oldest age of the counts of jobs, and of those of users and repositories, in ms. */
  readonly jobsForMs: number;
  readonly totalsForMs: number;
}

const LIMIT_MS = 2000;
/** Counting the rows of large tables takes its time; it runs beside everything else. */
const TOTALS_LIMIT_MS = 20_000;

/** Declares what is only worked out when somebody reads the metrics; each source answers within its limit or is left out. */
export function collectMetrics(metrics: Metrics, sources: CollectedSources): void {
  const { probes, log, pulls, redis } = sources;
  collectDatabase(metrics, sources.db);
  collectJobs(metrics, sources);
  collectTotals(metrics, sources);
  const one = (name: string, type: 'counter' | 'gauge', help: string, value: () => number): void =>
    metrics.collected({ name, type, help, collect: () => [{ value: value() }] });
  one('log_lines_lost_total', 'counter', 'Log lines that could not be written', () => log.lost);
  one('log_lines_repeated_total', 'counter', 'Log lines left out because too many said the same', () => log.repeated);
  one('pull_records_waiting', 'gauge', 'Audit records of pulls that wait for the database', () => pulls.waiting);
  one('pull_records_dropped_total', 'counter', 'Audit records of pulls that were given up', () => pulls.dropped);
  metrics.collected({
    name: 'build_info',
    type: 'gauge',
    help: 'Always 1; the labels tell the version',
    collect: () => [{ labels: { version: VERSION, database: sources.db.dialect }, value: 1 }],
  });
  metrics.collected({
    name: 'service_up',
    type: 'gauge',
    help: 'Whether what the server needs is in order (1) or not (0), as the health addresses tell',
    collect: () =>
      upSamples({
        database: probes.database,
        database_writes: probes.databaseWrites,
        database_revision: probes.revision,
        disk_space: probes.diskSpace,
        disk_space_warning: probes.diskSpaceWarning,
        service_key: probes.serviceKey,
        storage: probes.storage,
        ...(redis === undefined ? {} : { redis }),
      }),
  });
  const disk = (name: string, help: string, part: 'freeBytes' | 'sizeBytes'): void =>
    metrics.collected({
      name,
      help,
      type: 'gauge',
      collect: async () =>
        (await probes.disks()).map((space) => ({ labels: { place: space.place }, value: space[part] })),
    });
  disk('disk_free_bytes', 'Room left on the disk behind each directory', 'freeBytes');
  disk('disk_size_bytes', 'Size of the disk behind each directory', 'sizeBytes');
}

function upSamples(services: Readonly<Record<string, Probe>>): Promise<readonly Sample[]> {
  return Promise.all(
    Object.entries(services).map(async ([service, probe]) => ({
      labels: { service },
      value: (await probe()).ok ? 1 : 0,
    })),
  );
}

function collectDatabase(metrics: Metrics, db: Database): void {
  const part = (
    name: string,
    type: 'counter' | 'gauge',
    help: string,
    key: keyof ReturnType<Database['usage']>,
  ): void => metrics.collected({ name, type, help, collect: () => [{ value: db.usage()[key] }] });
  part('db_connect_calls_total', 'counter', 'Connections to the database that were opened', 'opened');
  part('db_close_calls_total', 'counter', 'Connections to the database that were closed', 'closed');
  part('db_pooled_connections_in_use', 'gauge', 'Connections at work', 'inUse');
  part('db_pooled_connections_available', 'gauge', 'Connections that are open and idle', 'available');
  part('db_waiting', 'gauge', 'Requests that wait for a connection, or for the thread that writes', 'waiting');
}

function collectJobs(metrics: Metrics, { db, clock, jobsForMs }: CollectedSources): void {
  const counts = remembered({ read: () => countJobs(db), forMs: jobsForMs, limitMs: LIMIT_MS, clock });
  const part = (name: string, help: string, value: (count: JobCounts) => number): void =>
    metrics.collected({
      name,
      help,
      type: 'gauge',
      collect: async () =>
        (await counts()).map((count) => ({ labels: { queue_name: count.queue }, value: value(count) })),
    });
  part('queue_items_available', 'Background jobs that are due and wait for a worker', ({ available }) => available);
  part('queue_items_locked', 'Background jobs that are being worked on, on any node', ({ locked }) => locked);
  part('queue_items_failed', 'Background jobs that were given up after all their attempts', ({ failed }) => failed);
  part('queue_oldest_due_seconds', 'How long the most overdue job has waited', ({ overdueMs }) => overdueMs / 1000);
}

function collectTotals(metrics: Metrics, { db, clock, totalsForMs }: CollectedSources): void {
  const read = async () => {
    const [namespaces, repositories] = await Promise.all([countNamespaces(db), countRepositories(db)]);
    return { ...namespaces, repositories };
  };
  const totals = remembered({ read, forMs: totalsForMs, limitMs: TOTALS_LIMIT_MS, clock });
  const part = (name: string, help: string, key: 'users' | 'organizations' | 'repositories'): void =>
    metrics.collected({ name, help, type: 'gauge', collect: async () => [{ value: (await totals())[key] }] });
  part('user_rows', 'Users of the whole registry', 'users');
  part('org_rows', 'Organizations of the whole registry', 'organizations');
  part('repository_rows', 'Repositories of the whole registry', 'repositories');
}
