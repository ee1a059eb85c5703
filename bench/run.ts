import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { parseArgs } from 'node:util';
import type { Row, Scenario } from './pairs.ts';
import { apiCall } from './scenarios/api-call.ts';
import { blobGet } from './scenarios/blob-get.ts';
import { blobGetTls } from './scenarios/blob-get-tls.ts';
import { blobPush } from './scenarios/blob-push.ts';
import { manifestGet } from './scenarios/manifest-get.ts';
import { memory } from './scenarios/memory.ts';
import { signInDelay } from './scenarios/sign-in-delay.ts';
import { startUp } from './scenarios/start-up.ts';
import { tagPage } from './scenarios/tag-page.ts';

const SCENARIOS: readonly Scenario[] = [
  manifestGet,
  blobGet,
  blobGetTls,
  blobPush,
  startUp,
  memory,
  tagPage,
  apiCall,
  signInDelay,
];

const { values } = parseArgs({ options: { only: { type: 'string' }, pairs: { type: 'string', default: '7' } } });
const wanted = values.only?.split(',');
const unknown = wanted?.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name)) ?? [];
const pairs = Number(values.pairs);
if (unknown.length > 0 || !Number.isInteger(pairs) || pairs < 1) {
  console.error(`usage: npm run bench -- [--only ${SCENARIOS.map(({ name }) => name).join(',')}] [--pairs 7]`);
  process.exit(2);
}

console.log(machine());
console.log(peerVersion());
let failed = 0;
for (const scenario of SCENARIOS) {
  if (wanted !== undefined && !wanted.includes(scenario.name)) continue;
  const load = loadavg()[0] ?? 0;
  const begin = performance.now();
  const rows = await scenario.run(pairs);
  const seconds = Math.round((performance.now() - begin) / 1000);
  console.log(
    `\n${scenario.name} (${pairs} pairs, ${seconds} s, load average ${load.toFixed(1)} → ${(loadavg()[0] ?? 0).toFixed(1)})`,
  );
  console.log(table(rows));
  failed += rows.filter(({ pass }) => pass === false).length;
}
console.log(failed === 0 ? '\nAll gates hold.' : `\n${failed} gates do not hold.`);
process.exitCode = failed === 0 ? 0 : 1;

function machine(): string {
  const memory = /MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? '0';
  const [cpu] = cpus();
  // Without these instructions hashing alone decides how fast anybody takes a push.
  const sha = /\bsha_ni\b/.test(readFileSync('/proc/cpuinfo', 'utf8')) ? 'with' : 'without';
  return `${cpus().length} × ${cpu?.model ?? 'CPU'} ${sha} SHA instructions, ${Math.round(Number(memory) / 1024 ** 2)} GiB, Linux ${release()}, Node.js ${process.version}`;
}

/** The peer's version and that of the Go release it was built with, which decides how fast it hashes. */
function peerVersion(): string {
  const version = execFileSync('docker-registry', ['--version'], { encoding: 'utf8' }).trim();
  const binary = execFileSync('sh', ['-c', 'readlink -f "$(command -v docker-registry)"'], { encoding: 'utf8' }).trim();
  const go = /go1\.\d+(?:\.\d+)?/.exec(readFileSync(binary, 'latin1'))?.[0] ?? 'unknown Go';
  return `peer: ${version}, built with ${go}; filesystem storage, no authentication`;
}

function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    row.ours,
    row.peer,
    row.ratio,
    row.spread,
    row.gate ?? '',
    verdict(row.pass),
  ]);
  const all = [['', 'ours', 'peer', 'ratio', 'spread', 'gate', ''], ...cells];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0))) ?? [];
  return all
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

function verdict(pass: boolean | undefined): string {
  if (pass === undefined) return '';
  return pass ? 'pass' : 'FAIL';
}
