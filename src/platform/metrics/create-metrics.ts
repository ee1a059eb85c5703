import type { Registry } from 'prom-client';
import { type HttpMetrics, Tally } from './http-metrics.ts';

export interface Metrics {
  readonly http: HttpMetrics;
  /** The text of `/metrics` and its media type. */
  renderMetrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Makes the metrics of the HTTP server and of the process, all at zero. */
export function createMetrics(): Metrics {
  const tallies: Tally[] = [];
  // The library takes a tenth of a start to load; what nobody has asked for yet needs none of it.
  let registry: Promise<Registry> | undefined;
  const makeRegistry = async (): Promise<Registry> => (await import('./prometheus.ts')).createRegistry(tallies);
  return {
    http: {
      forMount(prefix) {
        const tally = new Tally(prefix);
        tallies.push(tally);
        return tally;
      },
    },
    async renderMetrics() {
      registry ??= makeRegistry();
      const made = await registry;
      return { contentType: made.contentType, text: await made.metrics() };
    },
  };
}
