/** For tests of other slices that need an engine and no particular one. */
export { createMemoryStorage } from '../adapters/memory.ts';
