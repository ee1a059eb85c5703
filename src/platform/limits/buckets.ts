import type { Clock } from '../../kernel/clock.ts';

/** What a caller may do: `perSecond` on average, `burst` at once after a pause. */
export interface Rate {
  /** Above 0. */
  readonly perSecond: number;
  /** At least 1. */
  readonly burst: number;
}

/**
 * Token buckets of any number of callers by the generic cell rate algorithm: one number for each, the time at which its bucket
 * will be full again. At most twice `capacity` of them are kept; beyond, those that were used least lately begin anew with a
 * full bucket.
 */
export class Buckets {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #intervalMs: number;
  /** How far ahead of now a bucket's time may be for one more. */
  readonly #toleranceMs: number;
  // Two generations: one that no bucket of the older can still matter after is simply dropped, which needs no sweep.
  #current = new Map<string, number>();
  #previous = new Map<string, number>();
  #bornAt = 0;
  /** Times are counted from here: small numbers have room for fractions. */
  readonly #origin: number;

  constructor(rate: Rate, clock: Clock, capacity = 50_000) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#intervalMs = 1000 / rate.perSecond;
    this.#toleranceMs = (rate.burst - 1) * this.#intervalMs;
    this.#origin = clock.now();
  }

  /** Takes one from the caller's bucket. @returns 0, or the milliseconds until there is one; nothing is taken then. */
  take(caller: string): number {
    const now = this.#clock.now() - this.#origin;
    const fullAt = now + this.#toleranceMs + this.#intervalMs;
    this.#turnOver(now, fullAt - now);
    const known = this.#current.get(caller) ?? this.#previous.get(caller) ?? now;
    // A time further ahead than any bucket can be comes from a clock that was set back since.
    const at = known > fullAt + 1 ? now : Math.max(known, now);
    const waitMs = at - now - this.#toleranceMs;
    // Sums of fractions miss by less than a microsecond.
    const passes = waitMs <= 1e-3;
    this.#current.set(caller, passes ? at + this.#intervalMs : at);
    return passes ? 0 : waitMs;
  }

  /** How many callers are remembered. */
  get size(): number {
    return this.#current.size + this.#previous.size;
  }

  #turnOver(now: number, lifetimeMs: number): void {
    const age = now - this.#bornAt;
    const spent = age >= lifetimeMs || age < 0;
    if (!spent && this.#current.size < this.#capacity) return;
    if (this.#current.size === 0 && this.#previous.size === 0) {
      this.#bornAt = now;
      return;
    }
    this.#previous = this.#current;
    this.#current = new Map();
    this.#bornAt = now;
  }
}
