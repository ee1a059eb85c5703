import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findBreaches, type Rules } from './rules.ts';
import { buildGraph, readSourceTree, ROOT, type SourceTree } from './source-graph.ts';

const rules = JSON.parse(readFileSync(join(ROOT, 'architecture.json'), 'utf8')) as Rules;
const tree = readSourceTree();

test('the source tree keeps its rules', () => {
  const found = findBreaches(rules, tree).map(
    ({ rule, path, line, message }) => `${path}:${line} [${rule}] ${message}`,
  );
  expect(found.join('\n\n')).toBe('');
});

test('every source file that git knows was read, and its imports too', () => {
  const known = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'src', 'test', 'bench', 'scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const graph = buildGraph(tree);
  expect([...graph.modules.keys()].toSorted()).toEqual(
    known
      .split('\n')
      .filter((path) => /\.tsx?$/.test(path))
      .toSorted(),
  );
  expect(graph.modules.size).toBeGreaterThan(40);
  expect(graph.arrows.length).toBeGreaterThan(graph.modules.size);
});

/** A small tree in order, into which each case below plants one file. */
const SOUND: SourceTree = new Map([
  ['src/kernel/digest.ts', 'export type Digest = string;\n'],
  ['src/kernel/reference.ts', "import { Digest } from './digest.ts';\nexport const r: Digest = '';\n"],
  ['src/platform/queue/index.ts', "import type { open } from '../db/index.ts';\nexport type Job = typeof open;\n"],
  ['src/platform/db/index.ts', "export { open } from './open.ts';\n"],
  ['src/platform/db/open.ts', "import { Kysely } from 'kysely';\nexport const open = () => new Kysely();\n"],
  ['src/storage/index.ts', "export { createLocalStorage } from './adapters/local/storage.ts';\n"],
  [
    'src/storage/ports.ts',
    "import type { Digest } from '../kernel/digest.ts';\nexport interface Store { stat(digest: Digest): void }\n",
  ],
  [
    'src/storage/adapters/local/storage.ts',
    "import type { Store } from '../../ports.ts';\nexport const createLocalStorage = (): Store => ({ stat() {} });\n",
  ],
  ['src/storage/testing/suite.ts', "import { open } from '../../platform/db/index.ts';\nexport const suite = open;\n"],
  ['src/catalog/index.ts', "export { list } from './list.ts';\n"],
  ['src/catalog/list.ts', "import { open } from '../platform/db/index.ts';\nexport const list = open;\n"],
  [
    'src/app/compose.ts',
    "import { list } from '../catalog/index.ts';\nimport { createLocalStorage } from '../storage/adapters/local/storage.ts';\nexport const app = [list, createLocalStorage];\n",
  ],
  ['src/main.ts', "import { app } from './app/compose.ts';\nconsole.log(app);\n"],
  ['test/e2e/push.test.ts', "import { suite } from '../../src/storage/testing/suite.ts';\nsuite();\n"],
]);

interface Planted {
  readonly path: string;
  readonly text: string;
  readonly rules: readonly string[];
}

const PLANTED: Readonly<Record<string, Planted>> = {
  'an import against the arrow': {
    path: 'src/storage/list.ts',
    text: "import { list } from '../catalog/index.ts';\nexport const x = list;",
    rules: ['direction'],
  },
  'a type import against the arrow': {
    path: 'src/storage/x.ts',
    text: "import type { list } from '../catalog/index.ts';\nexport type X = typeof list;",
    rules: ['direction'],
  },
  'an inline type import against the arrow': {
    path: 'src/storage/x.ts',
    text: "export type X = import('../catalog/index.ts').List;",
    rules: ['direction'],
  },
  'a dynamic import against the arrow': {
    path: 'src/storage/x.ts',
    text: "export const x = () => import('../catalog/index.ts');",
    rules: ['direction'],
  },
  'a re-export against the arrow': {
    path: 'src/storage/x.ts',
    text: "export { list } from '../catalog/index.ts';",
    rules: ['direction'],
  },
  'a star re-export against the arrow': {
    path: 'src/storage/x.ts',
    text: "export * from '../catalog/index.ts';",
    rules: ['direction'],
  },
  'a worker address against the arrow': {
    path: 'src/storage/x.ts',
    text: "export const x = () => new URL('../catalog/index.ts', import.meta.url);",
    rules: ['direction'],
  },
  'a worker that is not there': {
    path: 'src/storage/x.ts',
    text: "export const x = () => workerEntry('gone', import.meta.url);",
    rules: ['missing-file'],
  },
  'an import of a slice of the same tier': {
    path: 'src/audit/x.ts',
    text: "import { createLocalStorage } from '../storage/index.ts';\nexport const x = createLocalStorage;",
    rules: ['direction'],
  },
  'an import of the inside of a slice': {
    path: 'src/web-api/x.ts',
    text: "import { list } from '../catalog/list.ts';\nexport const x = list;",
    rules: ['door'],
  },
  'an import of the inside of a platform module': {
    path: 'src/catalog/x.ts',
    text: "import { open } from '../platform/db/open.ts';\nexport const x = open;",
    rules: ['door'],
  },
  'a platform module that enters another by the window': {
    path: 'src/platform/queue/x.ts',
    text: "import { open } from '../db/open.ts';\nexport const x = open;",
    rules: ['door'],
  },
  'an adapter used by a slice': {
    path: 'src/registry/x.ts',
    text: "import { createLocalStorage } from '../storage/adapters/local/storage.ts';\nexport const x = createLocalStorage;",
    rules: ['adapter', 'door'],
  },
  'an adapter used inside its slice': {
    path: 'src/storage/x.ts',
    text: "import { createLocalStorage } from './adapters/local/storage.ts';\nexport const x = createLocalStorage;",
    rules: ['adapter'],
  },
  'an adapter handed out whole': {
    path: 'src/storage/index.ts',
    text: "export { LocalStorage } from './adapters/local/storage.ts';",
    rules: ['adapter'],
  },
  'shipped code that uses test code': {
    path: 'src/catalog/x.ts',
    text: "import { suite } from '../storage/testing/suite.ts';\nexport const x = suite;",
    rules: ['production-imports-test'],
  },
  'shipped code that uses the test folder': {
    path: 'src/catalog/x.ts',
    text: "import '../../test/e2e/push.test.ts';",
    rules: ['production-imports-test'],
  },
  'an import of the entry point': { path: 'src/cli/x.ts', text: "import '../main.ts';", rules: ['entry-imported'] },
  'an import of a file that is not there': {
    path: 'src/cli/x.ts',
    text: "import '../app/gone.ts';",
    rules: ['missing-file'],
  },
  'a circle of two files': {
    path: 'src/kernel/digest.ts',
    text: "import { r } from './reference.ts';\nexport type Digest = typeof r;",
    rules: ['cycle'],
  },
  'a circle of types over two folders': {
    path: 'src/platform/db/open.ts',
    text: "import type { Job } from '../queue/index.ts';\nexport const open = (): Job => 1;",
    rules: ['cycle'],
  },
  'kysely outside the stores': {
    path: 'src/catalog/x.ts',
    text: "import { sql } from 'kysely';\nexport const x = sql;",
    rules: ['package'],
  },
  'a database driver in a slice': {
    path: 'src/catalog/x.ts',
    text: "import pg from 'pg/lib/client.js';\nexport const x = pg;",
    rules: ['package'],
  },
  'node in the kernel': {
    path: 'src/kernel/x.ts',
    text: "import type { Buffer } from 'node:buffer';\nexport type X = Buffer;",
    rules: ['browser-safe'],
  },
  'a Node.js global in the kernel': {
    path: 'src/kernel/x.ts',
    text: 'export const x = () => Buffer.from([]);',
    rules: ['browser-safe'],
  },
  'the environment outside config': {
    path: 'src/catalog/x.ts',
    text: "export const x = () => process.env['A'];",
    rules: ['global'],
  },
  'the environment by destructuring': {
    path: 'src/catalog/x.ts',
    text: 'export function x() {\n  const { env } = process;\n  return env;\n}',
    rules: ['global'],
  },
  'the environment by import': {
    path: 'src/catalog/x.ts',
    text: "import { env } from 'node:process';\nexport const x = () => env;",
    rules: ['global'],
  },
  'fetch outside platform/net': {
    path: 'src/catalog/x.ts',
    text: "export const x = () => fetch('https://example.org');",
    rules: ['global'],
  },
  'fetch by the global object': {
    path: 'src/catalog/x.ts',
    text: "export const x = () => globalThis.fetch('https://example.org');",
    rules: ['global'],
  },
  'a default export': { path: 'src/catalog/x.ts', text: 'export default 1;', rules: ['default-export'] },
  'a default export by name': {
    path: 'src/catalog/x.ts',
    text: 'const x = 1;\nexport { x as default };',
    rules: ['default-export'],
  },
  'work done by an import': {
    path: 'src/catalog/x.ts',
    text: "console.log('loaded');\nexport const x = 1;",
    rules: ['import-effect'],
  },
  'a long file': {
    path: 'src/catalog/x.ts',
    text: '//\n'.repeat(301),
    rules: ['file-size'],
  },
  'a long index': { path: 'src/audit/index.ts', text: '//\n'.repeat(61), rules: ['file-size'] },
  'a long test': { path: 'src/catalog/x.test.ts', text: '//\n'.repeat(501), rules: ['file-size'] },
  'a folder nobody planned': { path: 'src/stuff/x.ts', text: 'export const x = 1;', rules: ['unknown-slice'] },
  'a name that says nothing': { path: 'src/catalog/utils.ts', text: 'export const x = 1;', rules: ['file-name'] },
};

describe('the check itself', () => {
  test('finds nothing in a tree that is in order', () => {
    expect(findBreaches(rules, SOUND)).toEqual([]);
  });

  test.each(Object.entries(PLANTED))('finds %s', (_, planted) => {
    const found = findBreaches(rules, new Map([...SOUND, [planted.path, planted.text]]));
    expect(found.map(({ rule }) => rule)).toEqual(planted.rules);
  });

  test('finds a breach planted into the real tree', () => {
    const path = 'src/kernel/planted-breach.ts';
    const found = findBreaches(rules, new Map([...tree, [path, "export { createServer } from 'node:http';\n"]]));
    expect(found.filter((breach) => breach.path === path).map(({ rule }) => rule)).toEqual(['browser-safe']);
  });

  test('refuses a file it cannot parse instead of passing it over', () => {
    expect(() => findBreaches(rules, new Map([['src/kernel/x.ts', 'export const = ;']]))).toThrow(
      'src/kernel/x.ts cannot be parsed',
    );
  });

  test('prints how the entry point comes to the breach', () => {
    const path = 'src/catalog/list.ts';
    const found = findBreaches(
      rules,
      new Map([...SOUND, [path, "import { app } from '../app/compose.ts';\nexport const list = () => app;"]]),
    );
    const direction = found.find(({ rule }) => rule === 'direction');
    expect(direction?.message.split(/\n {4}(?:→ )?/).slice(1)).toEqual([
      'src/main.ts',
      'src/app/compose.ts',
      'src/catalog/index.ts',
      'src/catalog/list.ts',
      'src/app/compose.ts',
    ]);
  });
});
