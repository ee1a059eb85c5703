import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';

/**
 * The URL of a worker thread's entry module. Workers are files named `<name>.worker.ts`; the production bundle puts each
 * beside itself as `<name>.worker.js`.
 * @param name file name without `.worker.ts`
 * @param importMetaUrl `import.meta.url` of a module in the worker's own folder
 */
export function workerEntry(name: string, importMetaUrl: string): URL {
  const source = new URL(`./${name}.worker.ts`, importMetaUrl);
  return existsSync(fileURLToPath(source)) ? source : new URL(`./${name}.worker.js`, importMetaUrl);
}
