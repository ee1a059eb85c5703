// Makes a checkout ready: `node scripts/setup.mjs [dependencies|build]`. Runs on the host's Node.js 20, before anything is
// installed, so it uses nothing but Node.js itself. Only what is missing or stale is done, and one line says so.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const STAMP = join(ROOT, 'dist/.stamp');
const MODULES = join(ROOT, 'node_modules');
/** Written by npm after each install. */
const INSTALLED = join(MODULES, '.package-lock.json');
/** Our copy of the lockfile that was installed: git renews the times of files it does not change. */
const INSTALLED_COPY = join(MODULES, '.installed-package-lock.json');
const LOCKFILE = join(ROOT, 'package-lock.json');

/** The Node.js that runs Gantry here: GANTRY_NODE, else the pinned one, else the running one when it is new enough. */
export function gantryNode() {
  if (process.env.GANTRY_NODE) return process.env.GANTRY_NODE;
  const pinned = join(ROOT, `node_modules/node-linux-${process.arch}/bin/node`);
  const usesGlibc = process.report?.getReport().header.glibcVersionRuntime !== undefined;
  if (process.platform === 'linux' && usesGlibc && existsSync(pinned)) return pinned;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 24 || (major === 24 && minor >= 21)) return process.execPath;
  throw new Error(
    `Gantry needs Node.js 24.21 or newer; this is ${process.version} and npm installs none for ${process.platform}-${process.arch}`,
  );
}

/** The environment in which `node` and the installed tools are those of this checkout. */
export function toolEnvironment(extra = {}) {
  const path = [dirname(gantryNode()), join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path, ...extra };
}

/**
 * Installs dependencies and, unless `want` is 'dependencies', builds; each only when missing or stale. Two set-ups of one
 * checkout wait for each other.
 * @param {'dependencies' | 'build'} want
 */
export async function setUp(want) {
  if (isReady(want)) return;
  const release = await lockCheckout();
  try {
    if (!dependenciesAreFresh()) await installDependencies();
    if (want === 'build' && !buildIsFresh()) {
      say('building (sources changed since the last build)');
      await run(gantryNode(), [join(ROOT, 'scripts/build.mjs')]);
    }
  } finally {
    release();
  }
}

function isReady(want) {
  return dependenciesAreFresh() && (want === 'dependencies' || buildIsFresh());
}

function dependenciesAreFresh() {
  // Packages behind a link belong to another checkout, which npm would empty.
  if (lstatSync(MODULES, { throwIfNoEntry: false })?.isSymbolicLink()) return true;
  if (!existsSync(INSTALLED)) return false;
  if (statSync(INSTALLED).mtimeMs >= statSync(LOCKFILE).mtimeMs) return true;
  return existsSync(INSTALLED_COPY) && readFileSync(INSTALLED_COPY).equals(readFileSync(LOCKFILE));
}

function buildIsFresh() {
  if (!existsSync(STAMP)) return false;
  const built = statSync(STAMP).mtimeMs;
  return ['src', 'web', 'scripts/build.mjs', 'package-lock.json'].every((path) => newestIn(join(ROOT, path)) <= built);
}

/** Latest modification below a path in milliseconds; a folder counts too, so that removed files are noticed. */
function newestIn(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestIn(join(path, name))), stat.mtimeMs);
}

async function installDependencies() {
  // npm removes node_modules first: it must not run on the Node.js in there.
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => !entry.startsWith(join(ROOT, 'node_modules')));
  say('installing dependencies (npm ci)');
  await run('npm', ['ci', '--loglevel=error'], { PATH: path.join(delimiter) });
  const missing = missingBindings();
  if (missing.length > 0 && gantryNode() !== process.execPath) {
    // npm leaves out optional packages whose "engines" the running Node.js does not meet, native bindings among them.
    say(`installing again with the pinned Node.js: ${process.version} is too old for ${missing.join(', ')}`);
    const copy = join(ROOT, '.cache/bootstrap/node');
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(gantryNode(), copy);
    await run('npm', ['ci', '--loglevel=error'], { PATH: [dirname(copy), ...path].join(delimiter) });
    rmSync(dirname(copy), { recursive: true });
  }
  copyFileSync(LOCKFILE, INSTALLED_COPY);
}

/** Packages the lockfile has for this platform that are not there. */
export function missingBindings() {
  const { packages } = JSON.parse(readFileSync(LOCKFILE, 'utf8'));
  const libc = process.report?.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  const fits = (allowed, mine) => allowed === undefined || [allowed].flat().includes(mine);
  return Object.entries(packages)
    .filter(
      ([, entry]) =>
        entry.optional &&
        entry.os &&
        fits(entry.os, process.platform) &&
        fits(entry.cpu, process.arch) &&
        fits(entry.libc, libc),
    )
    .map(([path]) => path)
    .filter((path) => !existsSync(join(ROOT, path, 'package.json')));
}

/**
 * Waits until no other set-up of this checkout runs. The lock is a name in Linux' abstract socket space: the kernel takes it
 * back when the holder dies in whatever way. Elsewhere there is no such thing, and no lock.
 */
async function lockCheckout() {
  if (process.platform !== 'linux') return () => {};
  const name = `\0gantry-setup-${createHash('sha256').update(ROOT).digest('hex').slice(0, 32)}`;
  for (let waiting = false; ; waiting = true) {
    const server = await new Promise((resolve, reject) => {
      const attempt = createServer();
      attempt.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
      attempt.listen(name, () => resolve(attempt));
    });
    if (server) return () => server.close();
    if (!waiting) say('waiting for another set-up of this checkout');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Runs a program with our standard streams; rejects when it fails. It ends with us when we are told to stop. */
export function run(program, args, extraEnv = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...extraEnv },
    });
    const forward = (signal) => child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, forward);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, forward);
      if (code === 0) resolve();
      else reject(new Error(`${[program, ...args].join(' ')} ended with ${signal ?? `status ${code}`}`));
    });
  });
}

function say(line) {
  console.error(`gantry: ${line}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const want = process.argv[2] ?? 'build';
  try {
    if (want !== 'dependencies' && want !== 'build')
      throw new Error(`unknown argument "${want}"; use dependencies or build`);
    await setUp(want);
  } catch (error) {
    console.error(`gantry: set-up failed: ${error.message}`);
    process.exitCode = 1;
  }
}
