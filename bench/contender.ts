import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegistryClient } from '../test/support/clients.ts';
import { freePort, prepareServer } from '../test/support/server.ts';

/** A running registry that is measured. */
export interface Contender {
  readonly name: 'gantry' | 'docker-registry';
  readonly port: number;
  readonly pid: number;
  readonly client: RegistryClient;
  /** Milliseconds from exec to the first answer that it is ready. */
  readonly startMilliseconds: number;
  /** The full name of a repository. */
  repository(name: string): string;
  /** The Authorization header for pulling and pushing in the repository, or "-". */
  authorization(repository: string): Promise<string>;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Where to keep data; default: a temporary directory that `stop` removes. */
  readonly dataDirectory?: string;
  /** Whether the first user still has to be made. Default true. */
  readonly fresh?: boolean;
}

const ACCOUNT = { username: 'bench', password: 'correct-horse-battery' };

/** Our server as in production: bundle, token authentication, live grants, audit; SQLite and local disk. */
export async function startGantry(options: StartOptions = {}): Promise<Contender> {
  const server = await prepareServer({
    command: 'launcher',
    ...(options.dataDirectory === undefined ? {} : { dataDirectory: options.dataDirectory }),
  });
  const startMilliseconds = await server.start();
  if (options.fresh !== false) await server.initialize(ACCOUNT.username);
  const client = new RegistryClient(server.url, ACCOUNT);
  return {
    name: 'gantry',
    port: server.port,
    pid: server.pid,
    client,
    startMilliseconds,
    repository: (name) => `${ACCOUNT.username}/${name}`,
    authorization: async (repository) =>
      `Bearer ${await client.token('/v2/auth', server.host, [`repository:${repository}:pull,push`])}`,
    async stop() {
      client.close();
      await server.dispose();
    },
  };
}

/** Debian's docker-registry with its own defaults, without authentication. */
export async function startPeer(options: StartOptions = {}): Promise<Contender> {
  const home = mkdtempSync(join(tmpdir(), 'gantry-peer-'));
  const dataDirectory = options.dataDirectory ?? join(home, 'data');
  mkdirSync(dataDirectory, { recursive: true });
  const port = await freePort();
  const config = {
    version: 0.1,
    log: { fields: { service: 'registry' } },
    storage: {
      cache: { blobdescriptor: 'inmemory' },
      filesystem: { rootdirectory: dataDirectory },
      delete: { enabled: true },
    },
    http: { addr: `127.0.0.1:${port}`, headers: { 'X-Content-Type-Options': ['nosniff'] } },
  };
  const configFile = join(home, 'config.yml');
  writeFileSync(configFile, JSON.stringify(config));
  const log = openSync(join(home, 'log'), 'a');
  const begin = performance.now();
  const child = spawn('docker-registry', ['serve', configFile], { stdio: ['ignore', log, log] });
  closeSync(log);
  await untilAnswered(port, '/v2/');
  const client = new RegistryClient(`http://127.0.0.1:${port}`);
  return {
    name: 'docker-registry',
    port,
    pid: child.pid ?? 0,
    client,
    startMilliseconds: performance.now() - begin,
    repository: (name) => `bench/${name}`,
    authorization: () => Promise.resolve('-'),
    async stop() {
      client.close();
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function untilAnswered(port: number, path: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const answered = await new Promise<boolean>((resolve) => {
      const call = request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      call.on('error', () => resolve(false));
      call.end();
    });
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error('docker-registry did not start');
}
