/**
 * Runs the static checks and one suite of tests: `run-tests.ts [all|fast|long] [vitest arguments]`. Started by test.mjs, which
 * has set the checkout up. Ends with `N passed, N failed[, N skipped]`, a failed check counting like a failed test.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { COMPONENT_NAMES, debianPackage, findComponent } from './components.ts';
import { summarize, type Summary } from './test-summary.ts';

const REPORT = '.cache/vitest.json';

/** Files that take many seconds by themselves; `ok` leaves them to `npm test`. */
const SLOW = [
  '**/attacks.test.ts',
  '**/crash.test.ts',
  '**/invites.test.ts',
  '**/migrations.test.ts',
  '**/permission-matrix.test.ts',
  '**/write-around-cache.test.ts',
];

const SUITES: Record<
  string,
  { readonly checks: boolean; readonly vitest: readonly string[]; readonly env?: Record<string, string> }
> = {
  all: { checks: true, vitest: without('long') },
  // One database, and one process for many files: starting one for each costs a third of the time. `all` keeps files apart.
  fast: {
    checks: true,
    vitest: [
      ...without('long', 'e2e', 'conformance', 'tooling'),
      ...SLOW.flatMap((file) => ['--exclude', file]),
      '--no-isolate',
      '--maxWorkers=3',
    ],
    env: { GANTRY_FAST: '1' },
  },
  long: { checks: false, vitest: ['test/long'], env: { GANTRY_LONG: '1' } },
};

function without(...folders: string[]): string[] {
  return folders.flatMap((folder) => ['--exclude', `test/${folder}/**`]);
}

const CHECKS: readonly (readonly [name: string, ...command: string[]])[] = [
  ['format', 'oxfmt', '--check', '.'],
  ['types', 'tsc', '-p', '.'],
  ['lint', 'oxlint', '--type-aware', '.'],
  ['unused code', 'knip'],
];

function runCheck(name: string, program: string, ...args: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.once('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.once('close', (code) => {
      console.log(`check ${name}: ${code === 0 ? 'ok' : `failed (${[program, ...args].join(' ')})`}`);
      if (code !== 0) process.stdout.write(Buffer.concat(output));
      resolve(code === 0);
    });
  });
}

/**
 * Says which components are there; returns those that GANTRY_REQUIRE (`all` or a list of names) asks for and that are not.
 * Names that are no component (`mount`, …) are conditions that single tests look for themselves.
 */
function reportComponents(): string[] {
  const absent = COMPONENT_NAMES.filter((name) => findComponent(name) === undefined);
  const found = COMPONENT_NAMES.filter((name) => !absent.includes(name));
  console.log(`real components found: ${found.join(', ') || 'none'}`);
  for (const name of absent)
    console.log(
      `real component absent: ${name} (Debian package ${debianPackage(name)}); tests that need it are skipped`,
    );
  const wanted = (process.env['GANTRY_REQUIRE'] ?? '').split(/[\s,]+/).filter((name) => name !== '');
  return absent.filter((name) => wanted.includes('all') || wanted.includes(name));
}

function runVitest(args: readonly string[], env: Record<string, string>): Summary {
  mkdirSync('.cache', { recursive: true });
  rmSync(REPORT, { force: true });
  const result = spawnSync(
    'vitest',
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`, ...args],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    },
  );
  let report: string | undefined;
  try {
    report = readFileSync(REPORT, 'utf8');
  } catch {
    report = undefined;
  }
  return summarize(report, result.status ?? 1);
}

const [suiteName = 'all', ...extra] = process.argv.slice(2);
const suite = SUITES[suiteName];
if (suite === undefined) throw new Error(`unknown suite "${suiteName}"; use ${Object.keys(SUITES).join(', ')}`);

const missing = reportComponents();
for (const name of missing) console.log(`required component "${name}" is not there (GANTRY_REQUIRE)`);

const checks: boolean[] = [];
if (suite.checks) for (const check of CHECKS) checks.push(await runCheck(...(check as [string, string, ...string[]])));

const tests = runVitest([...suite.vitest, ...extra], suite.env ?? {});
// The fast suite leaves a whole database out; naming each test would bury what matters.
if (suiteName !== 'fast') for (const name of tests.skippedNames) console.log(`skipped: ${name}`);

const passed = tests.passed + checks.filter(Boolean).length;
const failed = tests.failed + checks.filter((ok) => !ok).length + missing.length;
console.log(
  `${passed} passed, ${failed} failed${tests.skippedNames.length > 0 ? `, ${tests.skippedNames.length} skipped` : ''}`,
);
process.exitCode = failed === 0 ? 0 : 1;
