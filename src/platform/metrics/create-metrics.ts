import { combinations, Count, Durations, type Family, type LabelValues, type Sample } from './families.ts';
import { createHttpMetrics, type HttpMetrics } from './http-metrics.ts';
import { createThreadMetrics } from './thread-metrics.ts';
import { CONTENT_TYPE, writeFamily } from './write-text.ts';

/** A name without the namespace, and what it counts. */
export interface Described {
  readonly name: string;
  readonly help: string;
}

/** Where slices and the composition declare what they count. All names are told apart by the namespace in front. */
export interface Metrics {
  readonly http: HttpMetrics;
  /**
   * Declares a counter (name ending in `_total`) and returns its cell for each combination of label values; all of them are
   * told from the start, at 0. Throws for a combination that was not declared.
   */
  counter<L extends LabelValues>(about: Described & { readonly labels: L }): (values: Bound<L>) => Count;
  /** Declares a histogram of seconds; its cells are told when they have something to tell. */
  durations<L extends LabelValues>(
    about: Described & { readonly labels: L; readonly bounds: readonly number[] },
  ): (values: Bound<L>) => Durations;
  /**
   * Declares what is worked out when it is asked for. A collector that throws is left out of this one answer and counted.
   */
  collected(about: Described & { readonly type: 'counter' | 'gauge'; readonly collect: Family['collect'] }): void;
  /** The text of `/metrics` and its media type. */
  renderMetrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Stops watching the threads. */
  close(): void;
}

type Bound<L extends LabelValues> = { readonly [K in keyof L]: L[K][number] };

/**
 * Makes the metrics of the HTTP server, the process and its threads, all at zero. Made before the threads are started.
 * @param namespace PROMETHEUS_NAMESPACE: stands, with `_`, before all names but those of the process.
 */
export function createMetrics(namespace = 'quay'): Metrics {
  const prefix = `${namespace}_`;
  const { http, families: httpFamilies } = createHttpMetrics(prefix);
  const threads = createThreadMetrics(prefix);
  const families: Family[] = [...httpFamilies, ...threads.families];
  const failures = new Count();
  families.push({
    name: `${prefix}metrics_failures_total`,
    help: 'Groups of metrics that were left out of an answer because they could not be read',
    type: 'counter',
    collect: () => [{ value: failures.value }],
  });
  // The library takes a tenth of a start to load; what nobody has asked for yet needs none of it.
  let ofProcess: Promise<{ metrics(): Promise<string> }> | undefined;
  const loadProcessMetrics = async () => (await import('./process-metrics.ts')).createProcessMetrics();

  const collect = async (family: Family): Promise<string> => {
    try {
      return writeFamily(family, await family.collect());
    } catch {
      failures.add();
      return '';
    }
  };
  const cellsOf = <C extends { samples(labels: Record<string, string>): Sample[] } | Count>(
    labels: LabelValues,
    make: () => C,
  ) => new Map(combinations(labels).map((values) => [keyOf(labels, values), { values, cell: make() }]));

  return {
    http,
    counter({ name, help, labels }) {
      const cells = cellsOf(labels, () => new Count());
      families.push({
        name: prefix + name,
        help,
        type: 'counter',
        collect: () => [...cells.values()].map(({ values, cell }) => ({ labels: values, value: cell.value })),
      });
      return (values) => found(cells.get(keyOf(labels, values)), name);
    },
    durations({ name, help, labels, bounds }) {
      const cells = cellsOf(labels, () => new Durations(bounds));
      families.push({
        name: prefix + name,
        help,
        type: 'histogram',
        collect: () => [...cells.values()].flatMap(({ values, cell }) => cell.samples(values)),
      });
      return (values) => found(cells.get(keyOf(labels, values)), name);
    },
    collected({ name, ...family }) {
      families.push({ ...family, name: prefix + name });
    },
    async renderMetrics() {
      ofProcess ??= loadProcessMetrics();
      const made = await ofProcess;
      const [process, ...own] = await Promise.all([made.metrics(), ...families.map(collect)]);
      return { contentType: CONTENT_TYPE, text: [...own, process].join('') };
    },
    close: () => threads.close(),
  };
}

function keyOf(labels: LabelValues, values: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .map((label) => values[label])
    .join('\n');
}

function found<C>(entry: { readonly cell: C } | undefined, name: string): C {
  if (entry === undefined) throw new Error(`The metric "${name}" was not declared with these label values`);
  return entry.cell;
}
