import type { Contender } from './contender.ts';
import type { Measured } from './load.ts';
import { spreadPercent, type Summary, summarize } from './statistics.ts';

/** One line of the result. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  /** Ours against the peer's, or against another yardstick that `what` names. */
  readonly ratio: string;
  readonly spread: string;
  /** undefined: reported without a gate. */
  readonly gate: string | undefined;
  readonly pass: boolean | undefined;
}

export interface Scenario {
  readonly name: string;
  /** @param pairs How many interleaved pairs the medians are taken of. */
  run(pairs: number): Promise<Row[]>;
}

export interface Contest {
  readonly ours: Contender;
  readonly peer: Contender;
}

export interface PairResult {
  readonly ours: Measured[];
  readonly peer: Measured[];
}

/** Measures both in turn, changing who goes first, so that a slow minute of the machine hits both. */
export async function interleave(
  pairs: number,
  ours: () => Promise<Measured>,
  peer: () => Promise<Measured>,
): Promise<PairResult> {
  const result: PairResult = { ours: [], peer: [] };
  for (let pair = 0; pair < pairs; pair++) {
    if (pair % 2 === 0) result.ours.push(await ours());
    result.peer.push(await peer());
    if (pair % 2 === 1) result.ours.push(await ours());
  }
  return result;
}

/** Medians of a figure on both sides and of its ratio pair by pair. */
export function compare(
  result: PairResult,
  figure: (measured: Measured) => number,
): { ours: Summary; peer: Summary; ratio: Summary } {
  const ours = result.ours.map(figure);
  const peer = result.peer.map(figure);
  return {
    ours: summarize(ours),
    peer: summarize(peer),
    ratio: summarize(ours.map((value, index) => value / (peer[index] ?? Number.NaN))),
  };
}

export interface Gate {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A row of the figure, with the gate on the median of the ratios. */
export function row(
  what: string,
  unit: string,
  result: PairResult,
  figure: (measured: Measured) => number,
  gate: Gate = {},
): Row {
  const { ours, peer, ratio } = compare(result, figure);
  return {
    what: `${what}, ${unit}`,
    ours: number(ours.median),
    peer: number(peer.median),
    ratio: `${number(ratio.median)}×`,
    spread: `±${Math.round(spreadPercent(ratio))} %`,
    ...judge(ratio.median, gate, '×'),
  };
}

export function judge(value: number, { atLeast, atMost }: Gate, unit: string): Pick<Row, 'gate' | 'pass'> {
  if (atLeast !== undefined) return { gate: `≥ ${atLeast}${unit}`, pass: value >= atLeast };
  if (atMost !== undefined) return { gate: `≤ ${atMost}${unit}`, pass: value <= atMost };
  return { gate: undefined, pass: undefined };
}

/** Three significant digits. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}

export const perCpuSecond = (measured: Measured): number => measured.units / measured.cpuSeconds;
export const cpuPerGigabyte = (measured: Measured): number => measured.cpuSeconds / (measured.units / 1e9);
export const megabytesPerSecond = (measured: Measured): number => measured.units / 1e6 / measured.wallSeconds;
export const perSecond = (measured: Measured): number => measured.units / measured.wallSeconds;
