// Puts together what an installation without sources needs: `node scripts/make-distribution.mjs FOLDER`, after a build. The
// folder, which must not be there yet, then has bin/gantry, dist/, the pinned Node.js of this platform and the few packages that
// are not in the bundle. Copied to any place, it runs there.
import { existsSync, lstatSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NATIVE_PACKAGES } from './external-packages.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODULES = join(ROOT, 'node_modules');

const out = process.argv[2] === undefined ? undefined : resolve(process.argv[2]);
if (out === undefined || existsSync(out)) throw new Error('name a folder that does not exist yet');
if (!existsSync(join(ROOT, 'dist/main.js'))) throw new Error('there is no build; run "npm run build" first');

await copy(join(ROOT, 'dist'));
// Compiled by a program in another place, for another user.
await rm(join(out, 'dist/.compiled'), { recursive: true, force: true });
for (const file of ['bin/gantry', 'bin/container-entrypoint', 'LICENSE']) await copy(join(ROOT, file));
const { name, version, license } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
await writeFile(join(out, 'package.json'), `${JSON.stringify({ name, version, license }, null, 2)}\n`);

const node = `node_modules/node-linux-${process.arch}`;
for (const part of ['bin/node', 'LICENSE', 'package.json']) await copy(join(ROOT, node, part));
for (const external of await withDependencies(NATIVE_PACKAGES)) await copy(join(MODULES, external));
await settleModes(out);
console.error(`gantry: the distribution of version ${version} is in ${out}`);

/** Copies a file or folder of the checkout to the same place of the distribution. */
async function copy(path) {
  const target = join(out, path.slice(ROOT.length));
  await mkdir(dirname(target), { recursive: true });
  await cp(path, target, { recursive: true, dereference: true });
}

/** The packages of these that are installed, and those that they need in turn. */
async function withDependencies(wanted) {
  const found = new Set();
  const look = async (names) => {
    for (const name of names) {
      if (found.has(name) || !existsSync(join(MODULES, name))) continue;
      found.add(name);
      const manifest = JSON.parse(await readFile(join(MODULES, name, 'package.json'), 'utf8'));
      await look(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }));
    }
  };
  await look(wanted);
  return [...found];
}

/** Everyone may read, whatever the file mode mask was where the sources were checked out: any user may run it. */
async function settleModes(path) {
  const stat = lstatSync(path);
  if (stat.isDirectory()) {
    await chmod(path, 0o755);
    for (const entry of await readdir(path)) await settleModes(join(path, entry));
  } else {
    await chmod(path, (stat.mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
