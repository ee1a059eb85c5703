/** Label names with the values that each may have: known beforehand, so that no client can make up series. */
export type LabelValues = Readonly<Record<string, readonly string[]>>;

/** One line of the text format. */
export interface Sample {
  /** Behind the name of the family, e.g. `_bucket`. */
  readonly suffix?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples under one name, with its help and type. */
export interface Family {
  /** Complete: with the namespace. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** What is known now. Whoever has to wait brings a bound of its own. */
  collect(): readonly Sample[] | Promise<readonly Sample[]>;
}

/** A counter with its labels bound: counting is one addition. */
export class Count {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

/** A histogram with its labels bound. */
export class Durations {
  readonly #bounds: readonly number[];
  readonly #cells: Float64Array;
  #seconds = 0;

  /** @param bounds upper bounds of the buckets in seconds, ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#cells = new Float64Array(bounds.length + 1);
  }

  observe(seconds: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] ?? 0)) bucket++;
    this.#cells[bucket] = (this.#cells[bucket] ?? 0) + 1;
    this.#seconds += seconds;
  }

  samples(labels: Readonly<Record<string, string>>): Sample[] {
    let below = 0;
    const samples: Sample[] = [...this.#cells].map((count, index) => {
      below += count;
      return { suffix: '_bucket', labels: { ...labels, le: String(this.#bounds[index] ?? '+Inf') }, value: below };
    });
    samples.push({ suffix: '_sum', labels, value: this.#seconds }, { suffix: '_count', labels, value: below });
    return samples;
  }
}

/** Every combination of the labels' values, in the order in which they are declared. */
export function combinations(values: LabelValues): Record<string, string>[] {
  return Object.entries(values).reduce<Record<string, string>[]>(
    (rows, [label, choices]) => rows.flatMap((row) => choices.map((choice) => ({ ...row, [label]: choice }))),
    [{}],
  );
}
