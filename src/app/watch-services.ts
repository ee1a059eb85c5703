import { dirname } from 'node:path';
import { systemClock } from '../kernel/clock.ts';
import type { RequestHandler } from '../platform/http/index.ts';
import type { LogTally } from '../platform/log/index.ts';
import type { Metrics } from '../platform/metrics/index.ts';
import { collectMetrics } from './collect-metrics.ts';
import { createHealthHandler } from './health.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Services } from './open-services.ts';
import { createServiceProbes, type Finding, type Probe } from './service-probes.ts';
import type { AppSettings } from './settings.ts';

/** Has the services' state told by the metrics and by the health addresses, whose handler is returned. */
export function watchServices(
  { core, storage, pulls, redis }: Services,
  settings: AppSettings,
  server: { readonly metrics: Metrics; readonly logTally: LogTally; readonly draining: () => boolean },
): RequestHandler {
  const { monitoring } = settings;
  const probes = createServiceProbes({
    db: core.db,
    storage,
    signingKey: () => core.identity.keys.signingKey(),
    clock: systemClock,
    migrations: MIGRATIONS.map(({ name }) => name),
    places: placesOf(settings),
    thresholds: monitoring.diskThresholds,
  });
  const redisProbe: Probe | undefined = redis && (() => Promise.resolve(redisFinding(redis.healthy())));
  collectMetrics(server.metrics, {
    db: core.db,
    clock: systemClock,
    probes,
    log: server.logTally,
    pulls: pulls.backlog,
    redis: redisProbe,
    jobsForMs: monitoring.jobCountsForMs,
    totalsForMs: monitoring.totalsForMs,
  });
  return createHealthHandler({
    probes,
    draining: server.draining,
    debugSecret: monitoring.healthDebugSecret,
    instanceSkips: monitoring.instanceSkips,
    redis: redisProbe,
  });
}

/** Nothing is lost without it, and no request fails. */
function redisFinding(ok: boolean): Finding {
  return { ok, detail: ok ? 'answers' : 'does not answer; each node goes on by itself' };
}

/** The directories that must have room. That of the log is none of them: it gives up its oldest lines. */
function placesOf({ dataDirectory, storagePath, sqliteFile }: AppSettings): ReadonlyMap<string, string> {
  const places = new Map([
    ['data', dataDirectory],
    ['storage', storagePath],
  ]);
  if (sqliteFile !== undefined) places.set('database', dirname(sqliteFile));
  return places;
}
