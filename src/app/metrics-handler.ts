import { AppError } from '../kernel/errors.ts';
import type { RequestHandler } from '../platform/http/index.ts';
import type { Metrics } from '../platform/metrics/index.ts';
import { createMetricsGuard, type MetricsAccess } from './may-read-metrics.ts';

/** `/metrics` in the Prometheus text format, for those who may read it; for others the address does not exist. */
export function createMetricsHandler(metrics: Metrics, access: MetricsAccess): RequestHandler {
  const mayRead = createMetricsGuard(access);
  return async (context) => {
    const { method, path, res } = context;
    const verdict = mayRead(context);
    if (verdict === 'refuse' || path !== '/metrics') throw new AppError('NOT_FOUND', 'There is no such page');
    if (verdict === 'ask') {
      throw new AppError('UNAUTHORIZED', 'The metrics are for holders of METRICS_TOKEN; send it as Bearer token', {
        headers: { 'WWW-Authenticate': 'Bearer realm="metrics"' },
      });
    }
    if (method !== 'GET' && method !== 'HEAD') {
      throw new AppError('UNSUPPORTED', 'The metrics can only be read', { headers: { Allow: 'GET, HEAD' } });
    }
    const { contentType, text } = await metrics.renderMetrics();
    res.writeHead(200, {
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
    });
    res.end(method === 'HEAD' ? undefined : text);
  };
}
