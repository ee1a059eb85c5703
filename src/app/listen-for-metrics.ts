import { systemClock } from '../kernel/clock.ts';
import { createHttpServer } from '../platform/http/index.ts';
import type { Logger } from '../platform/log/index.ts';
import type { Metrics } from '../platform/metrics/index.ts';
import { createMetricsHandler } from './metrics-handler.ts';
import type { MonitoringSettings } from './monitoring-settings.ts';

/** How long a scrape that runs when the server stops may go on. */
const DRAIN_MS = 1000;

/**
 * Serves the metrics on a port of their own, plain HTTP. A port that the operator has named must be free; that of the default
 * may be taken by another server of this machine, which is no reason not to serve images.
 * Errors: those of listening. What is returned closes the port when disposed of.
 */
export async function listenForMetrics(
  { metricsListen, metricsAccess }: MonitoringSettings,
  metrics: Metrics,
  log: Logger,
): Promise<AsyncDisposable | undefined> {
  if (metricsListen === 'off') return undefined;
  const { host, port, named } = metricsListen;
  const restricted = metricsAccess.token !== undefined || metricsAccess.allowedCidrs.length > 0;
  const handler = createMetricsHandler(metrics, { ...metricsAccess, open: named && !restricted });
  const server = createHttpServer({
    mounts: [{ prefix: '/metrics', errors: 'quay', quiet: true, handler }],
    log,
    metrics: metrics.http,
    config: { idleTimeoutMs: 60_000, keepAliveTimeoutMs: 120_000 },
    clock: systemClock,
  });
  try {
    await server.listen({ host, port });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (named) throw new Error(`The metrics (METRICS_LISTEN) cannot be served: ${reason}`, { cause });
    log.warn({ reason }, 'The metrics have no port of their own; name a free one in METRICS_LISTEN, or "off"');
    return undefined;
  }
  return { [Symbol.asyncDispose]: () => server.drain({ timeoutMs: DRAIN_MS }) };
}
