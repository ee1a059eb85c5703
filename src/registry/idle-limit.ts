import type { Clock } from '../kernel/clock.ts';

/**
 * Calls `onIdle` once when `progress()` has not changed for `idleMs` milliseconds; it may take up to twice as long. The timer
 * runs once for each `idleMs` and not for each chunk.
 * @returns A function that ends the watch.
 */
export function watchProgress(clock: Clock, idleMs: number, progress: () => number, onIdle: () => void): () => void {
  let last = progress();
  let cancel = clock.after(idleMs, check);
  function check(): void {
    const current = progress();
    if (current === last) {
      onIdle();
      return;
    }
    last = current;
    cancel = clock.after(idleMs, check);
  }
  return () => cancel();
}
