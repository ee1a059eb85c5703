import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'];
const CLASSES = ['other', '1xx', '2xx', '3xx', '4xx', '5xx'];
/** Upper bounds in seconds: from a cached manifest to the push of a large layer. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600];

/** Counts the requests of one mount. */
export interface RequestRecorder {
  start(): void;
  /** @param milliseconds from the request's head to the end of the answer. */
  finish(method: string, status: number, milliseconds: number): void;
}

export interface HttpMetrics {
  forMount(prefix: string): RequestRecorder;
}

/**
 * Registers the metrics of the HTTP server. Requests are counted in plain arrays and given to the registry when it is
 * read: labelled counters hash their labels on each call, which the request path cannot afford.
 */
export function createHttpMetrics(registry: Registry): HttpMetrics {
  const tallies: Tally[] = [];
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
  return {
    forMount(prefix) {
      const tally = new Tally(prefix);
      tallies.push(tally);
      return tally;
    },
  };
}

class Tally implements RequestRecorder {
  readonly mount: string;
  inFlight = 0;
  readonly counts = new Float64Array(METHODS.length * CLASSES.length);
  /** Per method: one cell for each bucket and one for what is slower. */
  readonly durations = new Float64Array(METHODS.length * (BUCKETS.length + 1));
  readonly seconds = new Float64Array(METHODS.length);

  constructor(mount: string) {
    this.mount = mount;
  }

  start(): void {
    this.inFlight++;
  }

  finish(method: string, status: number, milliseconds: number): void {
    this.inFlight--;
    const found = METHODS.indexOf(method);
    const row = found < 0 ? METHODS.length - 1 : found;
    const statusClass = Math.trunc(status / 100);
    increment(this.counts, row * CLASSES.length + (statusClass < CLASSES.length ? statusClass : 0));
    const seconds = milliseconds / 1000;
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket++;
    increment(this.durations, row * (BUCKETS.length + 1) + bucket);
    this.seconds[row] = (this.seconds[row] ?? 0) + seconds;
  }

  eachCount(visit: (labels: { mount: string; method: string; status: string }, count: number) => void): void {
    for (const [row, method] of METHODS.entries()) {
      for (const [column, status] of CLASSES.entries()) {
        const count = this.counts[row * CLASSES.length + column] ?? 0;
        if (count > 0) visit({ mount: this.mount, method, status }, count);
      }
    }
  }
}

function increment(cells: Float64Array, index: number): void {
  cells[index] = (cells[index] ?? 0) + 1;
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
