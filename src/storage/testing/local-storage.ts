/** For tests of other slices that need files on disk. */
export { createLocalStorage } from '../adapters/local.ts';
