import type { KeyType } from './key-type.ts';

/** A key of Quay that asks for something without which the registry must not run while it is not built. */
export interface StopsStart {
  /** Whether this value asks for it. */
  readonly when: (value: unknown) => boolean;
  /**
   * What running without it means, for keys that `START_WITHOUT` may name: those without which nobody gets in who should
   * not, and nothing is kept more openly than it was asked to be. Absent for all others.
   */
  readonly without?: string;
}

/** One key of Quay. What a slice declares under the same name takes the place of type, meaning and owner. */
export interface KeyRow {
  readonly type: KeyType;
  /** Quay's default; absent: none. */
  readonly quay?: unknown;
  /** Unit of a bare number. */
  readonly unit?: string;
  readonly meaning: string;
  /** The slice that serves it or will; that of the topic when absent. */
  readonly owner?: string;
  /** Quay has dropped it, or it is about the inside of Quay's own programs. */
  readonly obsolete?: true;
  readonly stopsStart?: StopsStart;
}

/** Keys about one matter. */
export interface KeyTopic {
  readonly title: string;
  readonly owner: string;
  readonly keys: Readonly<Record<string, KeyRow>>;
}

/** A switch that is on. */
export function isOn(value: unknown): boolean {
  return value !== false && value !== null && value !== undefined;
}

/** Something that says something: not empty, not off. */
export function isFilled(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
