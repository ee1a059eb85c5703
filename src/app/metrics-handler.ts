import { AppError } from '../kernel/errors.ts';
import { isAddressedHere, type RequestHandler } from '../platform/http/index.ts';
import type { Metrics } from '../platform/metrics/index.ts';

const LOOPBACK = /^(?:::1|(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/;

/** `/metrics` in the Prometheus text format, for clients on this machine only: it tells who uses the registry how. */
export function createMetricsHandler(metrics: Metrics): RequestHandler {
  return async (context) => {
    const { clientAddress, res } = context;
    if (!LOOPBACK.test(clientAddress) || !isAddressedHere(context)) {
      throw new AppError('NOT_FOUND', 'There is no such page');
    }
    const { contentType, text } = await metrics.renderMetrics();
    const headers = {
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': 'no-store',
    };
    res.writeHead(200, headers);
    res.end(text);
  };
}
