import { dirname } from 'node:path';
import { systemClock } from '../kernel/clock.ts';
import { type DataDirectoryLock, lockDataDirectory, type MigrationProgress } from '../platform/db/index.ts';
import { createHttpServer, type Mount, type RequestHandler } from '../platform/http/index.ts';
import type { Logger, LogTally } from '../platform/log/index.ts';
import { createMetrics } from '../platform/metrics/index.ts';
import type { ServerControl } from '../web-api/index.ts';
import { ADDRESS_SPACE, type EarlyPrefix } from './address-space.ts';
import { listenForMetrics } from './listen-for-metrics.ts';
import { type OpenedPorts, prepareListeners } from './listeners.ts';
import { makeDataDirectory } from './make-data-directory.ts';
import { createMetricsHandler } from './metrics-handler.ts';
import { openServices } from './open-services.ts';
import type { AppSettings } from './settings.ts';
import { createStartupGate, type StartupGate } from './startup-gate.ts';
import { trustOwnAuthorities } from './trust-own-authorities.ts';
import { watchServices } from './watch-services.ts';

/** How long running requests get to finish when the server is told to stop. */
const DRAIN_MS = 30_000;

export interface RunningServer {
  readonly ports: OpenedPorts;
  /** The token that may create the first user; undefined when there is one already. */
  readonly setupToken: string | undefined;
  /** Lets requests and jobs finish, writes what is buffered, closes everything. */
  stop(): Promise<void>;
}

/**
 * Starts everything in this process: registry, API, web page, jobs. The port is taken first, so that a start that has to wait
 * for the database says so to whoever asks. Resolves when requests are answered. When it cannot start, it closes again what it
 * has opened, so that nothing keeps the process alive.
 */
export async function serve(
  settings: AppSettings,
  log: Logger,
  { logTally, control }: { readonly logTally: LogTally; readonly control: ServerControl },
): Promise<RunningServer> {
  const { monitoring } = settings;
  await using opened = new AsyncDisposableStack();
  const lock = await lockData(settings);
  opened.defer(() => lock?.release());
  const authorities = await trustOwnAuthorities(settings, log);
  opened.defer(() => authorities.close());
  const listeners = await prepareListeners(settings.listeners, log);
  opened.defer(() => listeners.close());
  const metrics = createMetrics(monitoring.namespace);
  opened.defer(() => metrics.close());
  listeners.tellExpiry(metrics);
  const gate = createStartupGate();
  const server = createHttpServer({
    mounts: listeners.guard(
      mountsOf(gate, createMetricsHandler(metrics, { ...monitoring.metricsAccess, open: false })),
    ),
    log,
    metrics: metrics.http,
    config: listeners.httpConfig,
    clock: systemClock,
  });
  // For a start that fails from here on; after an ordinary end nothing is left to close.
  opened.defer(() => server.drain({ timeoutMs: 0 }));
  const ports = await listeners.listen(server);
  opened.use(await listenForMetrics(monitoring, metrics, log));
  const onMigration = ({ done, total }: MigrationProgress): void => gate.migrating(done, total);
  const services = await openServices(settings, { log, metrics, onMigration, control }, opened);
  const { jobs, setupToken } = services;
  const health = watchServices(services, settings, { metrics, logTally, draining: () => server.draining });
  gate.open(services.handlers, health);
  opened.defer(() => jobs.stop());
  // A start that fails has been noticed by nobody.
  let noticeMs = 0;
  opened.defer(() => server.drain({ timeoutMs: DRAIN_MS, noticeMs }));
  // A registry in read-only mode changes nothing by itself either.
  if (!settings.registry.readOnly) {
    await jobs.start();
    opened.defer(await services.core.identity.bootstrapTokens.begin());
  }
  noticeMs = settings.drainNoticeMs;
  const running = opened.move();
  return { ports, setupToken, stop: () => running.disposeAsync() };
}

function mountsOf(gate: StartupGate, metricsHandler: RequestHandler): Mount[] {
  const early: Readonly<Record<string, RequestHandler>> = {
    '/health': gate.health,
    '/status': gate.health,
    '/metrics': metricsHandler,
  } satisfies Record<EarlyPrefix, RequestHandler>;
  return ADDRESS_SPACE.map((range) => ({ ...range, handler: early[range.prefix] ?? gate.behind(range.prefix) }));
}

/** The embedded database has one serving process; nodes on PostgreSQL share nothing on disk but what they are told to. */
async function lockData({ postgres, sqliteFile, dataDirectory }: AppSettings): Promise<DataDirectoryLock | undefined> {
  if (postgres !== undefined) return undefined;
  const directory = sqliteFile === undefined ? dataDirectory : dirname(sqliteFile);
  await makeDataDirectory(directory);
  return lockDataDirectory(directory);
}
