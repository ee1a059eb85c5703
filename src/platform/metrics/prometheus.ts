import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { BUCKETS, METHODS, type Tally } from './http-metrics.ts';

/** Makes the registry with the metrics of the process and what the tallies have counted of the HTTP server. */
export function createRegistry(tallies: readonly Tally[]): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: 'gantry_http_requests_total',
    help: 'HTTP requests answered, by part of the address space, method and class of status',
    labelNames: ['mount', 'method', 'status'],
    registers,
    collect: () => {
      requests.reset();
      for (const tally of tallies) tally.eachCount((labels, count) => requests.inc(labels, count));
    },
  });
  const inFlight = new Gauge({
    name: 'gantry_http_requests_in_flight',
    help: 'HTTP requests being answered',
    labelNames: ['mount'],
    registers,
    collect: () => {
      for (const tally of tallies) inFlight.set({ mount: tally.mount }, tally.inFlight);
    },
  });
  registry.registerMetric(new DurationHistogram(tallies));
  return registry;
}

const DURATION_NAME = 'gantry_http_request_duration_seconds';
const DURATION_HELP = 'Time from the head of a request to the end of its answer';

class DurationHistogram extends Histogram<'mount' | 'method'> {
  readonly #tallies: readonly Tally[];

  constructor(tallies: readonly Tally[]) {
    super({
      name: DURATION_NAME,
      help: DURATION_HELP,
      labelNames: ['mount', 'method'],
      buckets: BUCKETS,
      registers: [],
    });
    this.#tallies = tallies;
  }

  /** What both renderings of the registry read; the library's own would find no observations. */
  async getForPromString() {
    const values = this.#tallies.flatMap(durationValues);
    return { name: DURATION_NAME, help: DURATION_HELP, type: 'histogram', values, aggregator: 'sum' };
  }
}

function durationValues(tally: Tally) {
  return METHODS.flatMap((method, row) => {
    const cells = [...tally.durations.subarray(row * (BUCKETS.length + 1), (row + 1) * (BUCKETS.length + 1))];
    const total = cells.reduce((sum, cell) => sum + cell, 0);
    if (total === 0) return [];
    const labels = { mount: tally.mount, method };
    let below = 0;
    const buckets = cells.map((cell, index) => {
      below += cell;
      return {
        metricName: `${DURATION_NAME}_bucket`,
        labels: { ...labels, le: BUCKETS[index] ?? '+Inf' },
        value: below,
      };
    });
    return [
      ...buckets,
      { metricName: `${DURATION_NAME}_sum`, labels, value: tally.seconds[row] ?? 0 },
      { metricName: `${DURATION_NAME}_count`, labels, value: total },
    ];
  });
}
