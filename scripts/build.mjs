// Builds what production runs: dist/main.js, one file per worker, and the web pages. `node scripts/build.mjs`, with Node.js 24.
// Every entry becomes one self-contained file: a running server never looks for a chunk that a later build has replaced.
// The files are CommonJS because a start is a third shorter that way: an `import` of one of Node.js' own modules reads all
// its exports, and one of those of node:http (WebSocket) loads the whole of fetch.
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { ABSENT_PACKAGES, NATIVE_PACKAGES } from './external-packages.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');

/** What runs in a worker thread is named `<name>.worker.ts`, wherever it lives, and becomes dist/<name>.worker.js (src/platform/worker-entry.ts). */
async function workerEntries() {
  const files = await readdir(join(ROOT, 'src'), { recursive: true });
  return files.filter((file) => file.endsWith('.worker.ts')).map((file) => join(ROOT, 'src', file));
}

/** Kept apart so that Node.js loads it with what needs it; otherwise all of its own modules are loaded first. */
const lazyHttp2 = {
  name: 'lazy-http2',
  resolveId: (id) => (/^(?:node:)?http2$/.test(id) ? '\0http2' : null),
  load: (id) => (id === '\0http2' ? "module.exports = process.getBuiltinModule('node:http2');" : null),
};

async function bundle(input, folder, name = basename(input).replace(/\.ts$/, '.js')) {
  const build = await rolldown({
    input,
    platform: 'node',
    cwd: ROOT,
    external: [...NATIVE_PACKAGES, ...ABSENT_PACKAGES],
    tsconfig: join(ROOT, 'tsconfig.json'),
    plugins: [lazyHttp2],
  });
  await build.write({
    file: join(folder, name),
    format: 'cjs',
    sourcemap: true,
    codeSplitting: false,
  });
  await build.close();
  await writeAsAscii(join(folder, name));
}

/** The runtime holds a source with one other character in two bytes for each, which makes it slower to load. */
async function writeAsAscii(file) {
  const source = await readFile(file, 'utf8');
  // A character outside ASCII can only stand in a literal or a comment, and there the escape means the same.
  const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  await writeFile(file, source.replaceAll(/[\u0080-\uffff]/g, escape));
}

/** The entry: lets Node.js keep the compiled form of the program beside it, which saves a fourth of a start. */
const LAUNCHER = `'use strict';
require('node:module').enableCompileCache(require('node:path').join(__dirname, '.compiled'));
require('./gantry.js');
`;

const started = performance.now();
const startedAt = new Date();
const fresh = join(ROOT, '.cache', `dist-${process.pid}`);
await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });

const workers = await workerEntries();
await Promise.all([
  bundle(join(ROOT, 'src/main.ts'), fresh, 'gantry.js'),
  ...workers.map((entry) => bundle(entry, fresh)),
]);
await writeFile(join(fresh, 'main.js'), LAUNCHER);
await cp(join(ROOT, 'web/public'), join(fresh, 'web'), { recursive: true });
await cp(join(ROOT, 'CHANGELOG.md'), join(fresh, 'CHANGELOG.md'));
await writeFile(join(fresh, 'package.json'), '{ "type": "commonjs" }\n');
await writeFile(join(fresh, '.stamp'), '');
// The stamp carries the time before sources were read: what changed meanwhile is newer.
await utimes(join(fresh, '.stamp'), startedAt, startedAt);

const replaced = join(ROOT, '.cache', `dist-replaced-${process.pid}`);
await rename(DIST, replaced).catch((error) => {
  if (error.code !== 'ENOENT') throw error;
});
await rename(fresh, DIST);
await rm(replaced, { recursive: true, force: true });
// The first run writes the compiled form, which knows the path: so it happens in the final place.
spawnSync(process.execPath, [join(DIST, 'main.js'), 'version'], { stdio: 'ignore' });
console.error(`gantry: built ${workers.length + 1} programs in ${Math.round(performance.now() - started)} ms`);
