import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kernel/clock.ts';
import { type Cache, VALUE_MAX } from './ports.ts';

/** A cache of this process. @param maxCharacters of all keys and values together; 2 bytes each at most */
export function createLocalCache(clock: Clock, maxCharacters = 16 * 1024 * 1024): Cache {
  const values = new LRUCache<string, string>({
    maxSize: maxCharacters,
    sizeCalculation: (value, key) => value.length + key.length + 1,
    ttl: 1,
    ttlResolution: 0,
    perf: clock,
  });
  return {
    get: (key) => Promise.resolve(values.get(key)),
    set(key, value, lifetimeMs) {
      // One that is too long must not leave its forerunner standing.
      if (value.length > VALUE_MAX) values.delete(key);
      else values.set(key, value, { ttl: lifetimeMs });
      return Promise.resolve();
    },
    delete(key) {
      values.delete(key);
      return Promise.resolve();
    },
  };
}
