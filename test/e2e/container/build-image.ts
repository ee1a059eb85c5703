import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ContainerEngine } from './container-engine.ts';

const ROOT = join(import.meta.dirname, '../../..');
const CACHE = join(ROOT, '.cache/container');
const RELEASE = 'bookworm';
/** What the image needs of Debian beyond what every installation has. */
const PACKAGES = ['tini'];
/** Nobody reads these in a container. */
const LEFT_OUT = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*'];

/** Half of the packages by size, and copying them takes time. */
const UNUSED_BY_BUILDS = [
  '.cache',
  '@ox*',
  '@typescript',
  'knip',
  'lightningcss*',
  'node-linux-*/include',
  'node-linux-*/share',
  'ox*',
  'playwright-core',
  'typescript',
  'vite*',
];

const BASE_IMAGE = 'localhost/gantry-test/base:1';
const BUILD_IMAGE = 'localhost/gantry-test/build:1';

/**
 * Makes the two images that deploy/Dockerfile begins with, which elsewhere come from a registry: a small Debian, and one with
 * Node.js and the packages of this checkout.
 */
export async function makeBaseImages(engine: ContainerEngine): Promise<void> {
  await engine.must('podman', ['import', '--quiet', await debianTree(engine), BASE_IMAGE]);
  const ignored = join(engine.directory, 'build-image.ignore');
  writeFileSync(ignored, UNUSED_BY_BUILDS.map((name) => `node_modules/${name}`).join('\n'));
  // In a work tree of its own the packages may be behind a link.
  const packages = realpathSync(join(ROOT, 'node_modules'));
  const context = ['--contextdir', dirname(packages), '--ignorefile', ignored];
  const work = await engine.must('buildah', ['from', BASE_IMAGE]);
  const buildah = (command: string, ...args: string[]): Promise<string> => engine.must('buildah', [command, ...args]);
  await buildah('copy', '--quiet', ...context, work, packages, '/src/node_modules');
  // The set-up in the image takes these packages for installed then, as they are where the test runs.
  const lockfile = join(ROOT, 'package-lock.json');
  await buildah('copy', '--quiet', work, lockfile, '/src/node_modules/.installed-package-lock.json');
  const node = `/src/node_modules/node-linux-${process.arch}/bin/node`;
  await buildah('run', work, '--', 'ln', '-s', node, '/usr/local/bin/node');
  await buildah('commit', '--quiet', '--rm', work, BUILD_IMAGE);
}

/** Builds deploy/Dockerfile as it is. What was built before and has not changed is taken over. */
export async function buildImage(
  engine: ContainerEngine,
  name: string,
  args: Readonly<Record<string, string>> = {},
): Promise<void> {
  const given = Object.entries({ BASE_IMAGE, BUILD_IMAGE, ...args });
  const build = ['bud', '--layers', '--format', 'docker', '--quiet', '-f', join(ROOT, 'deploy/Dockerfile'), '-t', name];
  await engine.must('buildah', [
    ...build,
    ...given.flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
    ROOT,
  ]);
}

/** A root file system with nothing but Debian's essential packages and ours; kept for the next run. */
async function debianTree(engine: ContainerEngine): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([RELEASE, PACKAGES, LEFT_OUT]))
    .digest('hex')
    .slice(0, 12);
  const path = join(CACHE, `${RELEASE}-${process.arch}-${key}.tar`);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const begun = `${path}.${process.pid}.tar`;
  const exclude = LEFT_OUT.map((pattern) => `--dpkgopt=path-exclude=${pattern}`);
  const include = `--include=${PACKAGES.join(',')}`;
  await engine.must('mmdebstrap', ['--quiet', '--variant=minbase', '--mode=root', include, ...exclude, RELEASE, begun]);
  renameSync(begun, path);
  return path;
}
