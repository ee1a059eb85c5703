// Builds what production runs: dist/main.js, one file per worker, and the web pages. `node scripts/build.mjs`, with Node.js 24.
// Every entry becomes one self-contained file: a running server never looks for a chunk that a later build has replaced.
import { cp, mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');

/** Not bundled: native code, and what its users load only when it is installed. */
const EXTERNAL = ['@node-rs/bcrypt', 'pg-native', 'pg-cloudflare'];

/** What runs in a worker thread is named `<name>.worker.ts`, wherever it lives, and becomes dist/<name>.worker.js (src/platform/worker-entry.ts). */
async function workerEntries() {
  const files = await readdir(join(ROOT, 'src'), { recursive: true });
  return files.filter((file) => file.endsWith('.worker.ts')).map((file) => join(ROOT, 'src', file));
}

async function bundle(input, folder) {
  const build = await rolldown({
    input,
    platform: 'node',
    cwd: ROOT,
    external: EXTERNAL,
    tsconfig: join(ROOT, 'tsconfig.json'),
  });
  await build.write({
    file: join(folder, basename(input).replace(/\.ts$/, '.js')),
    format: 'esm',
    sourcemap: true,
    codeSplitting: false,
  });
  await build.close();
}

const started = performance.now();
const startedAt = new Date();
const fresh = join(ROOT, '.cache', `dist-${process.pid}`);
await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });

const entries = [join(ROOT, 'src/main.ts'), ...(await workerEntries())];
await Promise.all(entries.map((entry) => bundle(entry, fresh)));
await cp(join(ROOT, 'web/public'), join(fresh, 'web'), { recursive: true });
await writeFile(join(fresh, 'package.json'), '{ "type": "module" }\n');
await writeFile(join(fresh, '.stamp'), '');
// The stamp carries the time before sources were read: what changed meanwhile is newer.
await utimes(join(fresh, '.stamp'), startedAt, startedAt);

const replaced = join(ROOT, '.cache', `dist-replaced-${process.pid}`);
await rename(DIST, replaced).catch((error) => {
  if (error.code !== 'ENOENT') throw error;
});
await rename(fresh, DIST);
await rm(replaced, { recursive: true, force: true });
console.error(`gantry: built ${entries.length} entries in ${Math.round(performance.now() - started)} ms`);
