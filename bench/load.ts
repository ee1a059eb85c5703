import { execFile, execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Contender } from './contender.ts';
import { cpuSeconds } from './process-usage.ts';

const run = promisify(execFile);
const CACHE = join(import.meta.dirname, '../.cache/bench');

/** What one load run cost the server. */
export interface Measured {
  /** Requests or bytes moved. */
  readonly units: number;
  readonly wallSeconds: number;
  /** CPU seconds of the server's own threads. */
  readonly cpuSeconds: number;
  /** Latency at the 99th percentile in milliseconds, where it is known. */
  readonly p99?: number;
}

/** Runs `work` and adds the CPU time the server used meanwhile. */
export async function withUsage(
  contender: Contender,
  work: () => Promise<Omit<Measured, 'cpuSeconds'>>,
): Promise<Measured> {
  const before = cpuSeconds(contender.pid);
  const measured = await work();
  return { ...measured, cpuSeconds: cpuSeconds(contender.pid) - before };
}

export interface RequestLoad {
  readonly path: string;
  readonly headers: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

/** Sends the same GET over and over with wrk. Throws when any answer was no success: a run of errors measures nothing. */
export async function requestLoad(contender: Contender, load: RequestLoad): Promise<Omit<Measured, 'cpuSeconds'>> {
  const headers = load.headers.flatMap((header) => ['-H', header]);
  const options = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--latency', ...headers];
  const { stdout } = await run('wrk', [...options, `http://127.0.0.1:${contender.port}${load.path}`]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${contender.name} answered with errors:\n${stdout}`);
  const [, requests = '0', duration = '0', unit = 's'] = /(\d+) requests in ([\d.]+)(m?s)/.exec(stdout) ?? [];
  return {
    units: Number(requests),
    wallSeconds: Number(duration) / (unit === 'ms' ? 1000 : 1),
    p99: milliseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(stdout)),
  };
}

function milliseconds(match: RegExpExecArray | null): number {
  const factor = { us: 0.001, ms: 1, s: 1000 }[match?.[2] ?? 'ms'] ?? 1;
  return Number(match?.[1] ?? Number.NaN) * factor;
}

/** Runs the blob client; `rest` is what its usage says after the authorization. */
export async function dropInKernel(
  verb: 'get' | 'put',
  contender: Contender,
  authorization: string,
  rest: readonly string[],
): Promise<Omit<Measured, 'cpuSeconds'>> {
  const { stdout } = await run(blobClient(), [verb, '127.0.0.1', String(contender.port), authorization, ...rest]);
  const [bytes, seconds] = stdout.trim().split(' ').map(Number);
  return { units: bytes ?? 0, wallSeconds: seconds ?? 0 };
}

export interface TlsLoad {
  readonly path: string;
  readonly authorization: string;
  /** File with the certificate of the authority. */
  readonly authority: string;
  readonly clients: number;
  /** Downloads of each client, over one connection. */
  readonly repeats: number;
  readonly bytes: number;
}

/**
 * Downloads over TLS 1.3 with curl, all with the same cipher. curl decrypts on the same cores, so that only the CPU time of the
 * server says something about the server.
 */
export async function downloadOverTls(contender: Contender, load: TlsLoad): Promise<Omit<Measured, 'cpuSeconds'>> {
  const { clients, repeats, authorization } = load;
  const url = `https://127.0.0.1:${contender.port}${load.path}`;
  const tls = ['--http1.1', '--tlsv1.3', '--tls13-ciphers', 'TLS_AES_128_GCM_SHA256', '--cacert', load.authority];
  const header = authorization === '-' ? [] : ['-H', `Authorization: ${authorization}`];
  const urls = Array.from({ length: repeats }, () => ['-o', '/dev/null', url]).flat();
  const begin = performance.now();
  await Promise.all(Array.from({ length: clients }, () => run('curl', ['-sSf', ...tls, ...header, ...urls])));
  const wallSeconds = (performance.now() - begin) / 1000;
  return { units: load.bytes * repeats * clients, wallSeconds };
}

/** Pushes one file as a blob. */
export async function pushFile(contender: Contender, repository: string, file: BlobFile): Promise<void> {
  const authorization = await contender.authorization(repository);
  await dropInKernel('put', contender, authorization, [`/v2/${repository}/blobs/uploads/`, file.path, file.digest]);
}

export interface BlobFile {
  readonly path: string;
  readonly digest: string;
}

/** A file of the given size like no other: random at its beginning, and every block of it repeats one random block. */
export function makeBlobFile(directory: string, name: string, bytes: number): BlobFile {
  const path = join(directory, name);
  const block = randomBytes(1 << 20);
  const hash = createHash('sha256');
  const file = openSync(path, 'w');
  for (let at = 0; at < bytes; at += block.length) {
    block.writeUInt32LE(at >>> 20, 0);
    const part = block.subarray(0, Math.min(block.length, bytes - at));
    hash.update(part);
    writeSync(file, part);
  }
  closeSync(file);
  return { path, digest: `sha256:${hash.digest('hex')}` };
}

let compiled: string | undefined;

/** Compiles the blob client when it is not there or older than its source. */
export function blobClient(): string {
  if (compiled !== undefined) return compiled;
  const source = join(import.meta.dirname, 'blob-client.c');
  const target = join(CACHE, 'blob-client');
  mkdirSync(CACHE, { recursive: true });
  if (!existsSync(target) || statSync(target).mtimeMs < statSync(source).mtimeMs) {
    execFileSync('cc', ['-O2', '-pthread', '-o', target, source], { stdio: 'inherit' });
  }
  compiled = target;
  return target;
}

/** A scratch directory on the disk that also holds the servers' data. */
export function scratchDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'gantry-bench-'));
}
