import type { Clock } from '../../kernel/clock.ts';
import type { Counters } from './counters.ts';

/** How long a store that is there but has failed is left alone: each attempt may cost its caller the time-out. */
const PAUSE_MS = 5000;

/**
 * Counts that all nodes share, with those of this process as the second line: they are kept up to date besides, and answer
 * alone while the shared ones cannot be reached. Never rejects because of the shared ones.
 * @param reachable whether asking the shared ones makes sense now
 */
export function createSharedCounters(
  shared: Counters,
  local: Counters,
  clock: Clock,
  reachable: () => boolean,
): Counters {
  let pausedUntil = 0;

  async function ask<T>(question: () => Promise<T>, answerHere: T): Promise<T> {
    const now = clock.now();
    if (!reachable() || (now < pausedUntil && pausedUntil - now <= PAUSE_MS)) return answerHere;
    try {
      return await question();
    } catch {
      pausedUntil = clock.now() + PAUSE_MS;
      return answerHere;
    }
  }

  return {
    async add(key, amount, lifetimeMs) {
      const here = await local.add(key, amount, lifetimeMs);
      return ask(() => shared.add(key, amount, lifetimeMs), here);
    },
    async read(keys) {
      return ask(() => shared.read(keys), await local.read(keys));
    },
    async remove(key) {
      await local.remove(key);
      await ask(() => shared.remove(key), undefined);
    },
  };
}
