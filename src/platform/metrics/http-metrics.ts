import { Durations, type Family, type Sample } from './families.ts';

const METHODS = ['other', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** Upper bounds in seconds: from a cached manifest to the push of a large layer. */
const BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600];
/** Names that the handlers of one mount may give to their routes; what comes beyond counts for the mount. */
const ROUTES_MAX = 50;

/** Counts the requests of one mount. */
export interface RequestRecorder {
  start(): void;
  /**
   * @param route which part of the mount answered: one of a few fixed names; undefined: the mount.
   * @param milliseconds from the request's head to the end of the answer.
   */
  finish(route: string | undefined, method: string, status: number, milliseconds: number): void;
}

export interface HttpMetrics {
  /** The recorder of a mount; the same one for the same prefix. */
  forMount(prefix: string): RequestRecorder;
}

/** Finds the cells of a request by two look-ups; labelled histograms that hash their labels would cost several times that. */
class MountTally implements RequestRecorder {
  readonly mount: string;
  inFlight = 0;
  readonly #routes = new Map<string, Map<number, Durations>>();

  constructor(mount: string) {
    this.mount = mount;
  }

  start(): void {
    this.inFlight++;
  }

  finish(route: string | undefined, method: string, status: number, milliseconds: number): void {
    this.inFlight--;
    const cells = this.#cellsOf(route ?? this.mount);
    const key = Math.max(METHODS.indexOf(method), 0) * 1000 + (status >= 100 && status < 1000 ? status : 0);
    let durations = cells.get(key);
    if (durations === undefined) cells.set(key, (durations = new Durations(BOUNDS)));
    durations.observe(milliseconds / 1000);
  }

  samples(): Sample[] {
    return [...this.#routes].flatMap(([route, cells]) =>
      [...cells].flatMap(([key, durations]) => {
        const method = METHODS[Math.trunc(key / 1000)] ?? '';
        return durations.samples({ method, route, status: String(key % 1000) });
      }),
    );
  }

  #cellsOf(route: string): Map<number, Durations> {
    const known = this.#routes.get(route);
    if (known !== undefined) return known;
    if (route !== this.mount && this.#routes.size >= ROUTES_MAX) return this.#cellsOf(this.mount);
    const cells = new Map<number, Durations>();
    this.#routes.set(route, cells);
    return cells;
  }
}

/** The HTTP server's metrics, and the families that tell them. */
export function createHttpMetrics(prefix: string): {
  readonly http: HttpMetrics;
  readonly families: readonly Family[];
} {
  const tallies = new Map<string, MountTally>();
  return {
    http: {
      forMount(mount) {
        const known = tallies.get(mount);
        if (known !== undefined) return known;
        const tally = new MountTally(mount);
        tallies.set(mount, tally);
        return tally;
      },
    },
    families: [
      {
        name: `${prefix}request_duration_seconds`,
        help: 'Time from the head of a request to the end of its answer; status 499 is a client that went away',
        type: 'histogram',
        collect: () => [...tallies.values()].flatMap((tally) => tally.samples()),
      },
      {
        name: `${prefix}requests_in_flight`,
        help: 'Requests being answered, by part of the address space',
        type: 'gauge',
        collect: () => [...tallies.values()].map(({ mount, inFlight }) => ({ labels: { mount }, value: inFlight })),
      },
    ],
  };
}
