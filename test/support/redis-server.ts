import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { available, hasProgram } from './components.ts';
import { freePort } from './server.ts';

/** Whether Debian's redis-server is there; tests that need it skip themselves otherwise. */
export const hasRedis = available('redis', hasProgram('redis-server'));

/** A private Redis on a port of the loopback interface that it keeps over restarts. Nothing is written to disk. */
export interface TestRedis {
  readonly port: number;
  /** Resolves when it accepts connections. */
  start(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Stops it from answering, with its connections open; `resume` lets it go on. */
  freeze(): void;
  resume(): void;
  dispose(): Promise<void>;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Prepares a Redis without starting it. @param options further ones of its command line */
export async function prepareRedis(...options: readonly string[]): Promise<TestRedis> {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-redis-'));
  const port = await freePort();
  let guard: Child | undefined;
  let pid = 0;
  const kill = async (): Promise<void> => {
    const running = guard;
    guard = undefined;
    if (running === undefined) return;
    const exit = once(running, 'exit');
    running.stdin.end();
    await exit;
  };
  return {
    port,
    async start() {
      const args = [
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--dir',
        directory,
        '--save',
        '',
        '--appendonly',
        'no',
      ];
      // The shell waits for the end of its input, which also comes when this process is killed: no run leaves a server behind.
      const script = 'redis-server "$@" & echo "pid $!"; cat; kill -9 $!; wait $! 2>/dev/null; true';
      guard = spawn('sh', ['-c', script, 'sh', ...args, ...options], { stdio: ['pipe', 'pipe', 'ignore'] });
      for await (const line of createInterface({ input: guard.stdout })) {
        pid = Number(/^pid (\d+)$/.exec(line)?.[1] ?? pid);
        if (line.includes('Ready to accept connections')) break;
      }
      guard.stdout.resume();
    },
    kill,
    freeze: () => void process.kill(pid, 'SIGSTOP'),
    resume: () => void process.kill(pid, 'SIGCONT'),
    async dispose() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Prepares a Redis and starts it. */
export async function startRedis(...options: readonly string[]): Promise<TestRedis> {
  const redis = await prepareRedis(...options);
  await redis.start();
  return redis;
}
