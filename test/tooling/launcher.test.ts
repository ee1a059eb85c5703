import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** An installation without sources: the launcher and something in the place of the built server. */
let home: string;
const installed = (path: string): string => join(home, 'opt', path);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gantry launcher '));
  for (const folder of ['bin', 'dist', 'tools']) mkdirSync(installed(folder), { recursive: true });
  cpSync(join(import.meta.dirname, '../../bin/gantry'), installed('bin/gantry'));
  writeFileSync(installed('dist/package.json'), '{ "type": "module" }');
  writeFileSync(
    installed('dist/main.js'),
    'console.log(JSON.stringify({ pid: process.pid, node: process.execPath, args: process.argv.slice(2) }));',
  );
});

afterEach(() => rmSync(home, { recursive: true }));

/** A program in place of `node` on PATH. */
function putNode(script: string): void {
  writeFileSync(installed('tools/node'), script);
  chmodSync(installed('tools/node'), 0o755);
}

function launch(program: string, args: readonly string[], environment: Record<string, string> = {}) {
  // The tools of the system, but no Node.js of the machine: PATH has what the test puts there first.
  const tools = ['sh', 'dirname', 'readlink', 'uname'].map((tool) =>
    spawnSync('which', [tool], { encoding: 'utf8' }).stdout.trim(),
  );
  for (const tool of tools) symlinkSync(tool, installed(`tools/${tool.split('/').at(-1)}`));
  return spawnSync(program, args, {
    encoding: 'utf8',
    cwd: home,
    env: { PATH: installed('tools'), ...environment },
  });
}

test('runs the command with the given Node.js, also through links, and becomes that process', () => {
  mkdirSync(join(home, 'links'));
  symlinkSync('../opt/bin/gantry', join(home, 'links/relative'));
  symlinkSync(join(home, 'links/relative'), join(home, 'gantry'));
  const result = launch(join(home, 'gantry'), ['user', 'create', 'a b', ''], { GANTRY_NODE: process.execPath });
  expect(result.stderr).toBe('');
  expect(JSON.parse(result.stdout)).toEqual({
    pid: result.pid,
    node: process.execPath,
    args: ['user', 'create', 'a b', ''],
  });
});

test("uses the host's Node.js when it is new enough and none is pinned", () => {
  putNode(`#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
  const result = launch(installed('bin/gantry'), ['version']);
  expect(JSON.parse(result.stdout)).toMatchObject({ args: ['version'] });
});

test('says what to do when there is no Node.js that is new enough', () => {
  putNode('#!/bin/sh\nexit 1\n');
  const result = launch(installed('bin/gantry'), ['version']);
  expect(result).toMatchObject({ status: 1, stdout: '' });
  expect(result.stderr).toMatch(/^gantry: needs Node\.js 24\.21 or newer/);
});
