// Completes package-lock.json after an install from a registry that lacks some platforms: npm then leaves their native
// packages out of the lockfile, and refuses it in the next `npm ci`.
// `node scripts/complete-lockfile.mjs && npm install --package-lock-only`
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../package-lock.json', import.meta.url);
const OS = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32', 'aix'];
const CPU = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'wasm32', 'mips64el'];

/** Paths below node_modules at which Node.js would look for `name`, the nearest first. */
function lookupPaths(from, name) {
  const paths = [];
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    paths.push(`${at}${at === '' ? '' : '/'}node_modules/${name}`);
    if (at === '') return paths;
  }
}

/** Operating system and processor in the name of a native package (`…-linux-x64-gnu`); undefined when there is none. */
function platformOf(name) {
  const words = name.split('/').at(-1).split(/[-.]/);
  const os = OS.find((word) => words.includes(word));
  const cpu = CPU.find((word) =>
    words.some((part) => part === word || (word === 'arm' && part.startsWith('arm') && part !== 'arm64')),
  );
  if (cpu === 'wasm32') return { cpu: ['wasm32'] };
  if (os === undefined) return undefined;
  const libc = words.includes('musl')
    ? { libc: ['musl'] }
    : words.includes('gnu') && os === 'linux'
      ? { libc: ['glibc'] }
      : {};
  return { ...(cpu === undefined ? {} : { cpu: [cpu] }), ...libc, os: [os] };
}

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const added = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const exact = /^\d+\.\d+\.\d+\S*$/.test(range);
    const isThere = (entry) => entry !== undefined && (!exact || entry.version === range);
    if (lookupPaths(path, name).some((candidate) => isThere(lock.packages[candidate]))) continue;
    const platform = platformOf(name);
    if (platform === undefined) throw new Error(`${name} (of ${path}) is missing, and its name tells no platform`);
    if (!exact) throw new Error(`${name} (of ${path}) is missing, and ${range} is no exact version`);
    // Beside its siblings: where the package that wants it stands.
    const place = `${path.slice(0, path.lastIndexOf('node_modules/'))}node_modules/${name}`;
    lock.packages[place] = { version: range, ...platform, ...(entry.dev ? { dev: true } : {}), optional: true };
    added.push(`${place}@${range}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en')));
if (added.length > 0) writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? 'the lockfile is complete' : `added:\n${added.join('\n')}`);
