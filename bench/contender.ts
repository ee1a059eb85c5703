import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCertificates } from '../test/support/certificates.ts';
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
  /** Serves over TLS with these. */
  readonly tls?: TestCertificates;
}

const ACCOUNT = { username: 'bench', password: 'correct-horse-battery' };

/** Our server as in production: bundle, token authentication, live grants, audit; SQLite and local disk. */
export async function startGantry(options: StartOptions = {}): Promise<Contender> {
  const server = await prepareServer({
    command: 'launcher',
    ...(options.dataDirectory === undefined ? {} : { dataDirectory: options.dataDirectory }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
  });
  const startMilliseconds = await server.start();
  if (options.fresh !== false) await server.initialize(ACCOUNT.username);
  const client = new RegistryClient(server.url, ACCOUNT, 8, { authority: server.authority });
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
    http: {
      addr: `127.0.0.1:${port}`,
      headers: { 'X-Content-Type-Options': ['nosniff'] },
      ...(options.tls === undefined ? {} : { tls: peerTls(home, options.tls) }),
    },
  };
  const configFile = join(home, 'config.yml');
  writeFileSync(configFile, JSON.stringify(config));
  const log = openSync(join(home, 'log'), 'a');
  const begin = performance.now();
  const child = spawn('docker-registry', ['serve', configFile], { stdio: ['ignore', log, log] });
  closeSync(log);
  const scheme = options.tls === undefined ? 'http' : 'https';
  const client = new RegistryClient(`${scheme}://127.0.0.1:${port}`, undefined, 8, {
    authority: options.tls?.authority,
  });
  await untilAnswered(client);
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

/** The `http.tls` part of the peer's configuration. */
function peerTls(home: string, { certificate, key }: TestCertificates): object {
  const files = { certificate: join(home, 'tls.cert'), key: join(home, 'tls.key') };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.key, key);
  return files;
}

async function untilAnswered(client: RegistryClient): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const status = await client.send('GET', '/v2/').then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error('docker-registry did not start');
}
