import type { Database } from '../platform/db/index.ts';
import type { HttpServer, RequestHandler } from '../platform/http/index.ts';

/**
 * `/health`, `/health/instance` and `/health/endtoend` in Quay's shape: 200, or 503 when a service is down or the server
 * is draining, so that load balancers turn away before connections are refused.
 */
export function createHealthHandler(db: Database, server: () => Pick<HttpServer, 'draining'>): RequestHandler {
  return async ({ res }) => {
    const database = await db.now().then(
      () => true,
      () => false,
    );
    const services = { registry: !server().draining, database };
    const status = Object.values(services).every(Boolean) ? 200 : 503;
    const body = JSON.stringify({ data: { services }, status_code: status });
    res.writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
    });
    res.end(body);
  };
}
