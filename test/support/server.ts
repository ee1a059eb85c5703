import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCertificates } from './certificates.ts';
import { RegistryClient } from './clients.ts';

const ROOT = join(import.meta.dirname, '../..');
const READY_WITHIN_MS = 20_000;

/** How a server is started. */
export interface ServerOptions {
  /**
   * `source` runs the TypeScript files, `bundle` the built ones, `launcher` what a user calls. Default: the bundle where it
   * is newer than the sources, because it starts in a fraction of the time.
   */
  readonly command?: Command;
  /** Keys of config.yaml; `DB_URI` selects PostgreSQL. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** An existing data directory, which then outlives the server. Default: a temporary one, removed by `dispose`. */
  readonly dataDirectory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Serves over TLS with these; `url`, `host` and `port` are then those of the TLS listener. */
  readonly tls?: Pick<TestCertificates, 'authority' | 'certificate' | 'key'>;
  /** The address of this machine by which clients know the server; a certificate must cover 127.0.0.1 too. Default: that. */
  readonly address?: string;
}

export interface Account {
  readonly username: string;
  readonly password: string;
  /** OAuth access token for `/api/v1`. */
  readonly accessToken: string;
}

/** One line of the server's log. */
export type LogRecord = Readonly<Record<string, unknown>>;

/** A real server process on a free port of the loopback interface. */
export interface TestServer {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Of the listener without TLS; the same as `port` when there is no other. */
  readonly plainPort: number;
  /** Of the listener for the PROXY protocol, which FEATURE_PROXY_PROTOCOL opens. */
  readonly proxyPort: number;
  /** What clients have to trust, in PEM; undefined without TLS. */
  readonly authority: string | undefined;
  /** Holds config.yaml, certificates and authorities. */
  readonly configDirectory: string;
  readonly dataDirectory: string;
  /** Process id of the running server; throws when it is not running. */
  readonly pid: number;
  /** Starts the process (again) and resolves when it answers that it is ready, with the milliseconds that took. */
  start(): Promise<number>;
  /** Sends the signal and resolves with the exit code, or the signal's name when it died of one. */
  stop(signal?: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): Promise<number | string>;
  /** Whether the process has ended without having been told to. */
  readonly crashed: boolean;
  /** Every log record of all runs so far; a line that is not JSON becomes `{ text }`. */
  log(): LogRecord[];
  /** Log records that tell of a defect: level error and above, answers with status 5xx, stack traces and warnings. */
  defects(): LogRecord[];
  /** Creates the first user. Only possible once, on an empty database. */
  initialize(username?: string): Promise<Account>;
  /** Kills the process and removes what was made for it. */
  dispose(): Promise<void>;
}

/** A port of 127.0.0.1 nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** Prepares a server without starting it. */
export async function prepareServer(options: ServerOptions = {}): Promise<TestServer> {
  const home = mkdtempSync(join(tmpdir(), 'gantry-e2e-'));
  const dataDirectory = options.dataDirectory ?? join(home, 'data');
  const logFile = join(home, 'log.jsonl');
  const configDirectory = join(home, 'config');
  const configFile = join(configDirectory, 'config.yaml');
  const { tls } = options;
  const [plainPort, tlsPort, proxyPort] = [await freePort(), await freePort(), await freePort()];
  const port = tls === undefined ? plainPort : tlsPort;
  const scheme = tls === undefined ? 'http' : 'https';
  const host = `${options.address ?? '127.0.0.1'}:${port}`;
  mkdirSync(dataDirectory, { recursive: true });
  mkdirSync(configDirectory);
  // JSON is YAML.
  const config = { SERVER_HOSTNAME: host, PREFERRED_URL_SCHEME: scheme, DRAIN_NOTICE: '0s', ...options.config };
  writeFileSync(configFile, JSON.stringify(config));
  if (tls !== undefined) {
    writeFileSync(join(configDirectory, 'ssl.cert'), tls.certificate);
    writeFileSync(join(configDirectory, 'ssl.key'), tls.key);
  }
  const ports = ['--port', plainPort, '--tls-port', tlsPort, '--proxy-port', proxyPort].map(String);

  let child: ChildProcess | undefined;
  let told = false;

  const running = (): ChildProcess => {
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null)
      throw new Error('the server is not running');
    return child;
  };
  const readLog = (): LogRecord[] => readFileSync(logFile, 'utf8').split('\n').filter(Boolean).map(parseRecord);

  const server: TestServer = {
    url: `${scheme}://${host}`,
    host,
    port,
    plainPort,
    proxyPort,
    authority: tls?.authority,
    configDirectory,
    dataDirectory,
    get pid() {
      return running().pid ?? 0;
    },
    get crashed() {
      return child !== undefined && !told && (child.exitCode !== null || child.signalCode !== null);
    },
    async start() {
      const begin = performance.now();
      const log = openSync(logFile, 'a');
      const [program, ...args] = commandLine(options.command);
      told = false;
      child = spawn(program, [...args, 'serve', ...ports, '--data', dataDirectory, '--config', configFile], {
        stdio: ['ignore', log, log],
        detached: true,
        env: { ...cleanEnvironment(), ...options.environment },
      });
      closeSync(log);
      await untilReady(plainPort, child, () => readFileSync(logFile, 'utf8'));
      return performance.now() - begin;
    },
    async stop(signal = 'SIGTERM') {
      const process = running();
      told = true;
      const exit = once(process, 'exit');
      process.kill(signal);
      await exit;
      return process.exitCode ?? process.signalCode ?? 'unknown';
    },
    log: readLog,
    defects: () => readLog().filter(isDefect),
    initialize: (username = 'owner') => initialize(server, username),
    async dispose() {
      if (child !== undefined && child.exitCode === null && child.signalCode === null) await server.stop('SIGKILL');
      rmSync(home, { recursive: true, force: true });
    },
  };
  return server;
}

/** Prepares a server and starts it. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const server = await prepareServer(options);
  try {
    await server.start();
  } catch (error) {
    await server.dispose();
    throw error;
  }
  return server;
}

type Command = 'source' | 'bundle' | 'launcher';

/** The program, and what comes before its own arguments; by default the quickest to start. */
export function commandLine(
  command: Command = bundleIsFresh() ? 'bundle' : 'source',
): [program: string, ...args: string[]] {
  if (command === 'launcher') return [join(ROOT, 'bin/gantry')];
  return [process.execPath, join(ROOT, command === 'bundle' ? 'dist/main.js' : 'src/main.ts')];
}

function bundleIsFresh(): boolean {
  const built = statSync(join(ROOT, 'dist/.stamp'), { throwIfNoEntry: false });
  if (built === undefined) return false;
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  return sources.every((file) => statSync(join(ROOT, 'src', file)).mtimeMs <= built.mtimeMs);
}

/** The test runner's environment without what would change the server's behaviour. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(GANTRY_|VITEST|NODE_ENV$|NODE_OPTIONS$)/.test(name));
  return Object.fromEntries(kept);
}

function parseRecord(line: string): LogRecord {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as LogRecord;
  } catch {
    // A stack trace or a runtime warning: shown as it is.
  }
  return { text: line };
}

function isDefect(record: LogRecord): boolean {
  const { level, status } = record;
  if (typeof record['text'] === 'string') return /\b(?:error|warning|exception)\b|^\s+at /i.test(record['text']);
  if (typeof status === 'number' && status >= 500) return true;
  return typeof level === 'number' ? level >= 50 : level === 'error' || level === 'fatal';
}

async function untilReady(port: number, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the server ended at start:\n${tail(log())}`);
    if ((await statusOf(port, '/health/instance')) === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`the server was not ready after ${READY_WITHIN_MS} ms:\n${tail(log())}`);
}

function tail(text: string): string {
  return text.slice(-4000);
}

function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, path, agent: false, timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(undefined));
    call.end();
  });
}

/** From this machine, as the server demands of whoever comes without the set-up token. */
async function initialize({ port, authority }: TestServer, username: string): Promise<Account> {
  const url = `${authority === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const password = 'correct-horse-battery';
  const body = JSON.stringify({ username, password, email: `${username}@example.test`, access_token: true });
  const client = new RegistryClient(url, undefined, 1, { authority });
  const answer = await client.send('POST', '/api/v1/user/initialize', {
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(body),
  });
  client.close();
  const { access_token: accessToken } = JSON.parse(answer.body.toString()) as { access_token?: string };
  if (answer.status !== 200 || accessToken === undefined) {
    throw new Error(`the first user could not be created: ${answer.status} ${answer.body.toString()}`);
  }
  return { username, password, accessToken };
}
