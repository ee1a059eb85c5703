export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'];
const CLASSES = ['other', '1xx', '2xx', '3xx', '4xx', '5xx'];
/** Upper bounds in seconds: from a cached manifest to the push of a large layer. */
export const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600];

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
 * Counts in plain arrays, which {@link import('./prometheus.ts')} gives to the registry when it is read: labelled counters
 * hash their labels on each call, which the request path cannot afford.
 */
export class Tally implements RequestRecorder {
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
