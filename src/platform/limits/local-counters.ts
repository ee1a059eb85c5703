import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kernel/clock.ts';
import type { Counters } from './counters.ts';

/** Counts of one process. When there are more than `max`, those that were used least lately are forgotten. */
export function createLocalCounters(clock: Clock, max = 20_000): Counters {
  const counts = new LRUCache<string, number>({ max, ttl: 1, ttlResolution: 0, perf: clock });
  return {
    add(key, amount, lifetimeMs) {
      const count = (counts.get(key) ?? 0) + amount;
      if (count <= 0) counts.delete(key);
      else counts.set(key, count, { ttl: amount > 0 ? lifetimeMs : counts.getRemainingTTL(key) });
      return Promise.resolve(Math.max(count, 0));
    },
    read(keys) {
      const found = keys.map((key) => {
        const count = counts.get(key) ?? 0;
        return { count, expiresInMs: count === 0 ? 0 : Math.max(0, counts.getRemainingTTL(key)) };
      });
      return Promise.resolve(found);
    },
    remove(key) {
      counts.delete(key);
      return Promise.resolve();
    },
  };
}
