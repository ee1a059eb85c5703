import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** URI of a server where databases may be created, or the reason why there is none. */
    postgres: { readonly uri: string } | { readonly missing: string };
  }
}

/**
 * Starts one private PostgreSQL for the whole run, or uses the one named by GANTRY_TEST_POSTGRES. Durability is off: what
 * the tests need of it is checked against real disks by the end-to-end tests.
 */
export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['GANTRY_TEST_POSTGRES'];
  if (given !== undefined) {
    project.provide('postgres', { uri: given });
    return undefined;
  }
  const bin = findBinaries();
  if (bin === undefined) {
    const missing = 'PostgreSQL is not installed and GANTRY_TEST_POSTGRES is not set';
    if (/\b(?:postgres|all)\b/.test(process.env['GANTRY_REQUIRE'] ?? '')) throw new Error(missing);
    project.provide('postgres', { missing });
    return undefined;
  }
  const server = await start(bin);
  project.provide('postgres', { uri: server.uri });
  return server.stop;
}

function findBinaries(): string | undefined {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  const versions = readdirSync(root).toSorted((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

async function start(bin: string): Promise<{ uri: string; stop: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-postgres-'));
  const root = process.getuid?.() === 0;
  // PostgreSQL refuses to run as root.
  if (root) execFileSync('chown', ['postgres', directory]);
  chmodSync(directory, 0o700);
  const command = (program: string, ...args: string[]) => [
    ...(root ? ['runuser', '-u', 'postgres', '--'] : []),
    join(bin, program),
    ...args,
  ];
  const run = ([file = '', ...args]: string[]) =>
    execFileSync(file, args, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  const data = join(directory, 'data');
  run(command('initdb', '-D', data, '-U', 'gantry', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'));
  const port = await freePort();
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -k ${directory} -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200`;
  run(command('pg_ctl', '-D', data, '-w', '-s', '-l', join(directory, 'log'), '-o', options, 'start'));
  // Waits for the end of its input, which also comes when this process is killed: no run leaves a server behind.
  const stop = command('pg_ctl', '-D', data, '-w', '-s', '-m', 'immediate', 'stop');
  const guard = spawn('sh', ['-c', 'cat; directory="$1"; shift; "$@"; rm -rf "$directory"', 'sh', directory, ...stop], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  return {
    uri: `postgresql://gantry@127.0.0.1:${port}/postgres`,
    stop: async () => {
      guard.stdin.end();
      await once(guard, 'exit');
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
