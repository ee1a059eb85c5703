import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { available, hasProgram } from './components.ts';

/** Whether Debian's python3-aiosmtpd is there; tests that need it skip themselves otherwise. */
export const hasMailServer = available('aiosmtpd', hasProgram('aiosmtpd'));

export interface MailServerOptions {
  /** Paths of PEM files; with them nothing is taken before STARTTLS. */
  readonly certificate?: string;
  readonly key?: string;
  /** With them nothing is taken before signing in. */
  readonly user?: string;
  readonly password?: string;
}

/** A mail as it arrived, read by Python's parser. */
export interface ReceivedMail {
  /** Of the envelope. */
  readonly from: string;
  readonly to: readonly string[];
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly text: string;
  readonly html: string;
  readonly tls: boolean;
  readonly authenticated: boolean;
}

/** A real SMTP server on a free port of the loopback interface. */
export interface TestMailServer extends AsyncDisposable {
  readonly port: number;
  /** The next mail that arrives, or that has and was not asked for yet. */
  next(): Promise<ReceivedMail>;
}

export async function startMailServer(options: MailServerOptions = {}): Promise<TestMailServer> {
  const script = fileURLToPath(new URL('./mail-server.py', import.meta.url));
  // Debian's module belongs to Debian's Python, whatever else is on PATH.
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(
    '/usr/bin/python3',
    [script, JSON.stringify(options)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines: Interface = createInterface({ input: child.stdout });
  const incoming = lines[Symbol.asyncIterator]();
  const read = async (): Promise<unknown> => {
    const { value, done } = await incoming.next();
    if (done === true) throw new Error('The mail server has ended');
    return JSON.parse(value);
  };
  const { port } = (await read()) as { port: number };
  return {
    port,
    next: async () => (await read()) as ReceivedMail,
    async [Symbol.asyncDispose]() {
      const exit = once(child, 'exit');
      child.stdin.end();
      await exit;
      lines.close();
    },
  };
}
