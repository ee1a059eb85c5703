import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** An installation whose program only says how it was called. */
let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'gantry entrypoint '));
  mkdirSync(join(home, 'dist'));
  for (const file of ['gantry', 'container-entrypoint']) {
    cpSync(join(import.meta.dirname, '../../bin', file), join(home, 'bin', file));
  }
  writeFileSync(join(home, 'dist/package.json'), '{ "type": "module" }');
  writeFileSync(join(home, 'dist/main.js'), 'console.log(process.pid, JSON.stringify(process.argv.slice(2)));');
});
afterAll(() => rmSync(home, { recursive: true }));

function start(...args: string[]) {
  const environment = { ...process.env, GANTRY_NODE: process.execPath };
  return spawnSync(join(home, 'bin/container-entrypoint'), args, { encoding: 'utf8', env: environment });
}

test.each([
  [[], ['serve']],
  [['registry'], ['serve']],
  [
    ['registry', '--host', '::1'],
    ['serve', '--host', '::1'],
  ],
  [
    ['--port', '5000'],
    ['serve', '--port', '5000'],
  ],
  [['registry-nomigrate'], ['serve', '--no-migrate']],
  [['repomirror'], ['repomirror']],
  [['repomirror-nomigrate'], ['repomirror']],
  [['migrate'], ['migrate']],
  [
    ['migrate', 'head'],
    ['migrate', 'head'],
  ],
  [
    ['config', 'a b'],
    ['config', 'a b'],
  ],
  [
    ['user', 'create', "o'hara", ''],
    ['user', 'create', "o'hara", ''],
  ],
])('%j becomes gantry %j', (args, expected) => {
  const { stdout, stderr, pid } = start(...args);
  expect(stderr).toBe('');
  // The same process, so that signals reach the server.
  expect(stdout).toBe(`${pid} ${JSON.stringify(expected)}\n`);
});

test('a program of the system is run as it is, and a shell', () => {
  expect(start('printf', '%s|', 'a b', '*')).toMatchObject({ status: 0, stdout: 'a b|*|' });
  expect(start('shell', '-c', 'echo $$; exit 3')).toMatchObject({ status: 3 });
});

test('help tells the roles, then the commands', () => {
  const { status, stdout } = start('help');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^registry \(default\)$[^]*^repomirror[^]*\["help"\]/m);
});
