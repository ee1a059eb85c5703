import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const SYSCALLS =
  'openat,mkdir,mkdirat,fsync,fdatasync,rename,renameat,renameat2,link,linkat,write,writev,pwrite64,pwritev,sendto,sendmsg';

/** One system call. Times are positions in the trace: a call that ends before another begins has `end` < its `begin`. */
export interface SystemCall {
  readonly name: string;
  /** The arguments as strace prints them; file descriptors carry their path or their socket's addresses. */
  readonly text: string;
  readonly begin: number;
  readonly end: number;
  readonly ok: boolean;
}

/** Records the system calls of a running process that touch files and sockets, until `stop`. */
export async function traceSystemCalls(pid: number, file: string): Promise<{ stop(): Promise<SystemCall[]> }> {
  const tracer = spawn(
    'strace',
    ['-f', '-yy', '-s', '1024', '-e', `trace=${SYSCALLS}`, '-o', file, '-p', String(pid)],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  await attached(tracer);
  return {
    async stop() {
      const exit = once(tracer, 'exit');
      tracer.kill('SIGINT');
      await exit;
      return parseTrace(readFileSync(file, 'utf8'));
    },
  };
}

function attached(tracer: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    tracer.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (/attached/.test(said)) resolve();
    });
    tracer.on('exit', () => reject(new Error(`strace could not attach: ${said}`)));
  });
}

/** Joins the two halves of calls that were interrupted by another thread's; signals and exits are left out. */
export function parseTrace(text: string): SystemCall[] {
  const open = new Map<string, { name: string; text: string; begin: number }>();
  const calls: SystemCall[] = [];
  text.split('\n').forEach((line, position) => {
    const [, pid = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest);
    if (resumed !== null) {
      const started = open.get(pid);
      open.delete(pid);
      if (started !== undefined) calls.push(finished(started, `${started.text}${resumed[2]}`, position));
      return;
    }
    const [, name, tail] = /^(\w+)\((.*)$/.exec(rest) ?? [];
    if (name === undefined || tail === undefined) return;
    const started = { name, text: tail.replace(/\s*<unfinished \.\.\.>$/, ''), begin: position };
    if (tail.endsWith('<unfinished ...>')) open.set(pid, started);
    else calls.push(finished(started, tail, position));
  });
  return calls.toSorted((a, b) => a.begin - b.begin);
}

function finished(started: { name: string; begin: number }, text: string, end: number): SystemCall {
  return { name: started.name, text, begin: started.begin, end, ok: !/\) = -1 /.test(text) };
}
