import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface PrivatePostgresOptions {
  /** Lines for `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of `pg_hba.conf`; default: everybody is let in without a password. */
  readonly access?: readonly string[];
  /** Files to put into the data directory, by name, which the server alone may read. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A PostgreSQL of a test's own, that it may stop, start and change at will. */
export interface PrivatePostgres {
  /** URI of its administrator, for the database `postgres`. */
  readonly uri: string;
  readonly port: number;
  /** Directory of its socket. */
  readonly directory: string;
  /** As `pg_ctl restart` does: `fast` ends sessions, `immediate` is a crash with recovery. */
  restart(mode: 'fast' | 'immediate'): Promise<void>;
  stop(mode: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes everything. */
  dispose(): Promise<void>;
}

/** Directory of the newest installed server's programs, or undefined. */
export function findPostgresPrograms(): string | undefined {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  const versions = readdirSync(root).toSorted((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

/** Starts one on a free port of the loopback interface. Durability is off. */
export async function startPrivatePostgres(options: PrivatePostgresOptions = {}): Promise<PrivatePostgres> {
  const bin = findPostgresPrograms();
  if (bin === undefined) throw new Error('PostgreSQL is not installed');
  const directory = mkdtempSync(join(tmpdir(), 'gantry-postgres-'));
  const isRoot = process.getuid?.() === 0;
  const own = (path: string) => {
    // PostgreSQL refuses to run as root.
    if (isRoot) execFileSync('chown', ['postgres', path]);
  };
  own(directory);
  chmodSync(directory, 0o700);
  const command = (program: string, ...args: string[]) => [
    ...(isRoot ? ['runuser', '-u', 'postgres', '--'] : []),
    join(bin, program),
    ...args,
  ];
  const run = async ([file = '', ...args]: string[]) => void (await promisify(execFile)(file, args, { cwd: '/' }));
  const data = join(directory, 'data');
  await run(
    command('initdb', '-D', data, '-U', 'gantry', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'),
  );
  for (const [name, text] of Object.entries(options.files ?? {})) {
    writeFileSync(join(data, name), text, { mode: 0o600 });
    own(join(data, name));
  }
  if (options.access !== undefined) writeFileSync(join(data, 'pg_hba.conf'), `${options.access.join('\n')}\n`);
  const port = await freePort();
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: directory,
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'`);
  writeFileSync(join(data, 'postgresql.auto.conf'), `${lines.join('\n')}\n`);
  const control = (...args: string[]) =>
    command('pg_ctl', '-D', data, '-w', '-s', '-l', join(directory, 'log'), ...args);
  await run(control('start'));
  // Waits for the end of its input, which also comes when this process is killed: no run leaves a server behind.
  const end = control('-m', 'immediate', 'stop');
  const guard = spawn('sh', ['-c', 'cat; directory="$1"; shift; "$@"; rm -rf "$directory"', 'sh', directory, ...end], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  return {
    uri: `postgresql://gantry@127.0.0.1:${port}/postgres`,
    port,
    directory,
    restart: (mode) => run(control('-m', mode, 'restart')),
    stop: (mode) => run(control('-m', mode, 'stop')),
    start: () => run(control('start')),
    dispose: async () => {
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
