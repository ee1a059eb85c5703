import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import {
  createHttpServer,
  type HttpConfig,
  type HttpServer,
  type ListenOptions,
  type Mount,
} from '../../src/platform/http/index.ts';
import { createLogger } from '../../src/platform/log/index.ts';
import { createMetrics, type Metrics } from '../../src/platform/metrics/index.ts';

/** The pipeline with some mounts, listening on a free port of the loopback interface. */
export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` (with TLS `https`), no slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly server: HttpServer;
  readonly metrics: Metrics;
  /** Lines the server has logged, parsed. */
  logLines(): Record<string, unknown>[];
  close(): Promise<void>;
}

export interface TestHttpOptions {
  readonly mounts: readonly Mount[];
  readonly config?: HttpConfig;
  /** TLS, PROXY protocol. */
  readonly listen?: Omit<ListenOptions, 'port' | 'host'>;
  readonly clock?: Clock;
  readonly metrics?: Metrics;
}

/** Starts a server for a test; use it as `await using server = await startHttp({ mounts })`. */
export async function startHttp(options: TestHttpOptions): Promise<TestServer> {
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
  const metrics = options.metrics ?? createMetrics();
  const server = createHttpServer({
    mounts: options.mounts,
    log,
    metrics: metrics.http,
    config: options.config ?? {},
    clock: options.clock ?? systemClock,
  });
  const { port } = await server.listen({ ...options.listen, port: 0, host: '127.0.0.1' });
  const close = async () => {
    metrics.close();
    await server.drain({ timeoutMs: 0 });
  };
  return {
    url: `${options.listen?.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    server,
    metrics,
    logLines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    close,
    [Symbol.asyncDispose]: close,
  };
}
