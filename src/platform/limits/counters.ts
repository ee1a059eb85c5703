/** A number under a key that is forgotten some time after it was last raised. */
export interface Count {
  readonly count: number;
  /** Until it is forgotten; 0 when there is none. */
  readonly expiresInMs: number;
}

/** Counts that several nodes may share. They guard, they do not account: losing them is allowed. */
export interface Counters {
  /**
   * Adds to the count; raising it begins its life anew, lowering it does not, and what falls to 0 is forgotten.
   * @returns the new count.
   */
  add(key: string, amount: number, lifetimeMs: number): Promise<number>;
  /** The counts of the keys, in their order. */
  read(keys: readonly string[]): Promise<readonly Count[]>;
  remove(key: string): Promise<void>;
}
