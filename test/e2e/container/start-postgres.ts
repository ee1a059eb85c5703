import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/server.ts';

const ROOT = '/usr/lib/postgresql';

/** Whether Debian's PostgreSQL is installed. */
export function hasPostgres(): boolean {
  return existsSync(ROOT) && readdirSync(ROOT).some((version) => existsSync(join(ROOT, version, 'bin/initdb')));
}

export interface DatabaseServer {
  /** For one user and one database, with a password. */
  readonly uri: string;
  stop(): void;
}

/**
 * Debian's PostgreSQL, listening on an address that containers reach, with a role and a database as the manual tells to make
 * them: the role owns the database and may nothing else.
 */
export async function startPostgres(address: string): Promise<DatabaseServer> {
  const versions = readdirSync(ROOT).toSorted((a, b) => Number(b) - Number(a));
  const bin = join(ROOT, versions[0] ?? '', 'bin');
  const directory = mkdtempSync(join(tmpdir(), 'gantry-compose-postgres-'));
  // PostgreSQL refuses to run as root.
  execFileSync('chown', ['postgres', directory]);
  const run = (program: string, ...args: string[]): Buffer =>
    execFileSync('runuser', ['-u', 'postgres', '--', join(bin, program), ...args], {
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  const data = join(directory, 'data');
  run('initdb', '-D', data, '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync');
  appendFileSync(join(data, 'pg_hba.conf'), 'host registry registry samenet scram-sha-256\n');
  const port = await freePort();
  const options = `-p ${port} -c listen_addresses=${address} -k ${directory} -c fsync=off`;
  run('pg_ctl', '-D', data, '-w', '-s', '-l', join(directory, 'log'), '-o', options, 'start');
  const stop = (): void => {
    run('pg_ctl', '-D', data, '-w', '-s', '-m', 'immediate', 'stop');
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const password = 'database-password';
    const sql = (text: string): Buffer =>
      run('psql', '-h', directory, '-p', String(port), '-d', 'postgres', '-c', text);
    sql(`CREATE ROLE registry LOGIN PASSWORD '${password}'`);
    sql('CREATE DATABASE registry OWNER registry');
    return { uri: `postgresql://registry:${password}@${address}:${port}/registry`, stop };
  } catch (error) {
    stop();
    throw error;
  }
}
