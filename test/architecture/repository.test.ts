import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedPages } from '../../scripts/generated-pages.ts';
import { ERRORS } from '../../src/kernel/errors.ts';
import { ROOT } from './source-graph.ts';

/** Text files of the repository by path, those included that are not committed yet. */
const files = new Map(
  execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)) && !/\.(png|ico|woff2|gz|db)$/.test(path))
    .map((path) => [path, readFileSync(join(ROOT, path), 'utf8')] as const),
);

function json(path: string): Record<string, unknown> {
  return JSON.parse(files.get(path) ?? '{}') as Record<string, unknown>;
}

/** `path:line: text` of every line that matches. */
function grep(pattern: RegExp, within: (path: string) => boolean): string[] {
  return [...files]
    .filter(([path]) => within(path))
    .flatMap(([path, text]) => text.split('\n').map((line, index) => ({ line, at: `${path}:${index + 1}` })))
    .filter(({ line }) => pattern.test(line))
    .map(({ line, at }) => `${at}: ${line.trim()}`);
}

test('the lockfile names no place packages were downloaded from', () => {
  const packages = json('package-lock.json')['packages'] as Record<string, { resolved?: string; link?: boolean }>;
  const resolved = Object.entries(packages).filter(([, entry]) => entry.resolved !== undefined && entry.link !== true);
  expect(Object.keys(packages).length).toBeGreaterThan(50);
  expect(resolved.map(([path]) => path)).toEqual([]);
});

test('the lockfile has the native packages of every platform (node scripts/complete-lockfile.mjs)', () => {
  type Entry = { version?: string; optionalDependencies?: Record<string, string> };
  const packages = Object.entries(json('package-lock.json')['packages'] as Record<string, Entry>);
  const locked = new Set(packages.map(([path, entry]) => `${path.split('node_modules/').at(-1)}@${entry.version}`));
  const wanted = packages
    .flatMap(([, entry]) => Object.entries(entry.optionalDependencies ?? {}))
    .filter(([, version]) => /^\d/.test(version));
  expect(wanted.map((pair) => pair.join('@')).filter((one) => !locked.has(one))).toEqual([]);
});

test('dependencies are pinned to exact versions', () => {
  const { dependencies, devDependencies, optionalDependencies } = json('package.json') as Record<
    string,
    Record<string, string>
  >;
  const ranges = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
  );
  expect(ranges).toEqual([]);
});

test('no file names a path of the machine it was written on', () => {
  const machinePath = /(^|[\s"'`(=:])\/(work|farm|Users|home\/(?!user\b|gantry\b))\/?[a-z]/;
  expect(grep(machinePath, (path) => path !== 'test/architecture/repository.test.ts')).toEqual([]);
});

test('lint and type checks are only switched off with a reason, and as seldom as recorded', () => {
  const allowed = json('architecture.json')['suppressions'];
  const suppression =
    /(oxlint|eslint|biome)-(disable|ignore)|@ts-(expect-error|ignore|nocheck)|(v8|c8|istanbul) ignore/;
  const found = grep(suppression, (path) => /\.(ts|tsx|mjs)$/.test(path) && !path.startsWith('test/architecture/'));
  expect(found.filter((line) => !/ -- \S/.test(line))).toEqual([]);
  expect(found, 'raise "suppressions" in architecture.json only with a good reason').toHaveLength(allowed as number);
});

test('every error code of the catalogue is answered somewhere', () => {
  const source = [...files]
    .filter(([path]) => path.startsWith('src/') && !/\.test\.ts$|kernel\/errors\.ts$/.test(path))
    .map(([, text]) => text);
  const unused = Object.keys(ERRORS).filter((code) => !source.some((text) => text.includes(`'${code}'`)));
  expect(unused).toEqual([]);
});

test.each([...generatedPages().keys()])('%s is what the code says (node scripts/generate-docs.ts)', (path) => {
  expect(files.get(path)).toBe(generatedPages().get(path));
});

test('links between documents lead somewhere', () => {
  const broken = [...files]
    .filter(([path]) => path.endsWith('.md'))
    .flatMap(([path, text]) =>
      [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .filter(([, target]) => !existsSync(join(ROOT, dirname(path), target ?? '')))
        .map(([, target]) => `${path}: ${target}`),
    );
  expect(broken).toEqual([]);
});

test('every slice says in a short README what it owns', () => {
  const slices = new Set([...files.keys()].flatMap((path) => /^src\/([\w-]+)\/index\.ts$/.exec(path)?.[1] ?? []));
  const readme = (slice: string): string | undefined => files.get(`src/${slice}/README.md`);
  expect([...slices].filter((slice) => readme(slice) === undefined)).toEqual([]);
  expect([...slices].filter((slice) => (readme(slice)?.split('\n').length ?? 0) > 31)).toEqual([]);
});
