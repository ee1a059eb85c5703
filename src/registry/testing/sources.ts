import type { Clock } from '../../kernel/clock.ts';
import type { BlobReader } from '../../storage/index.ts';

/** The byte at a position of every pattern reader. */
export function patternAt(position: number): number {
  return (position * 31 + (position >>> 8)) & 0xff;
}

const PERIOD = 65_536;
const PATTERN = Uint8Array.from({ length: 2 * PERIOD }, (_, index) => patternAt(index));

/** Fills the target with what a pattern reader has at `position`. */
export function fillPattern(target: Uint8Array, position: number): void {
  for (let filled = 0; filled < target.byteLength;) {
    const from = (position + filled) % PERIOD;
    const part = PATTERN.subarray(from, Math.min(from + PERIOD, from + target.byteLength - filled));
    target.set(part, filled);
    filled += part.byteLength;
  }
}

/** A blob of any size that costs no memory. `storedBytes` below `sizeBytes` is a file that was cut short. */
export class PatternReader implements BlobReader {
  readonly sizeBytes: number;
  readonly #storedBytes: number;
  closed = 0;

  constructor(sizeBytes: number, storedBytes = sizeBytes) {
    this.sizeBytes = sizeBytes;
    this.#storedBytes = storedBytes;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    const part = target.subarray(0, Math.max(0, Math.min(target.byteLength, this.#storedBytes - position)));
    fillPattern(part, position);
    return Promise.resolve(part.byteLength);
  }

  close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }
}

/** A clock whose timers fire when the test says so. */
export function manualClock(): Clock & { fire(): void } {
  let timers: (() => void)[] = [];
  return {
    now: () => 0,
    after(_delayMs, callback) {
      timers.push(callback);
      return () => {
        timers = timers.filter((timer) => timer !== callback);
      };
    },
    /** Lets all timers run that are waiting now. */
    fire() {
      const due = timers;
      timers = [];
      for (const timer of due) timer();
    },
  };
}
