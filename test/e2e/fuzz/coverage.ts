import type { Rule } from './rules.ts';

export type Outcome = '2xx' | '3xx' | '4xx' | '5xx' | 'cut off';
const OUTCOMES: readonly Outcome[] = ['2xx', '3xx', '4xx', '5xx', 'cut off'];

/** How often each route and method was asked and what came back. */
export class Coverage {
  readonly #counts = new Map<string, Map<Outcome, number>>();

  constructor(rules: readonly Rule[]) {
    for (const { route, method } of rules) this.#counts.set(`${route} ${method}`, new Map());
  }

  add(row: string, outcome: Outcome): void {
    const counts = this.#counts.get(row) ?? new Map<Outcome, number>();
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    this.#counts.set(row, counts);
  }

  /** Routes and methods that succeeded less often than `least`. */
  seldom(rules: readonly Rule[], least: number): string[] {
    const rows = rules.map(({ route, method }) => `${route} ${method}`);
    return rows.filter((row) => (this.#counts.get(row)?.get('2xx') ?? 0) < least);
  }

  toString(): string {
    const line = (cells: readonly string[]) =>
      cells.map((cell, index) => (index === 0 ? cell.padEnd(20) : cell.padStart(8))).join('');
    const rows = [...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return [
      line(['', ...OUTCOMES]),
      ...rows.map(([row, counts]) => line([row, ...OUTCOMES.map((outcome) => String(counts.get(outcome) ?? 0))])),
    ].join('\n');
  }
}

export function outcomeOf(status: number): Outcome {
  if (status >= 500) return '5xx';
  if (status >= 400) return '4xx';
  return status >= 300 ? '3xx' : '2xx';
}
