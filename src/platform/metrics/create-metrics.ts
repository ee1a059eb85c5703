import { collectDefaultMetrics, Registry } from 'prom-client';
import { createHttpMetrics, type HttpMetrics } from './http-metrics.ts';

export interface Metrics {
  /** Where slices register metrics of their own. */
  readonly registry: Registry;
  readonly http: HttpMetrics;
  /** The text of `/metrics` and its media type. */
  renderMetrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface MetricsOptions {
  /** Adds memory, CPU, event loop and garbage collection of the process, which costs a sampling timer. Default true. */
  readonly process?: boolean;
}

/** Makes an empty registry with the metrics of the HTTP server and, unless told not to, of the process. */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  if (options.process ?? true) collectDefaultMetrics({ register: registry });
  return {
    registry,
    http: createHttpMetrics(registry),
    async renderMetrics() {
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
