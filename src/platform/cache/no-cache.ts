import type { Cache } from './ports.ts';

/** Keeps nothing. */
export function createNoCache(): Cache {
  return {
    get: () => Promise.resolve(undefined),
    set: () => Promise.resolve(),
    delete: () => Promise.resolve(),
  };
}
