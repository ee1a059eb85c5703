import { createInterface } from 'node:readline/promises';
import { UsageError } from './command.ts';

const INTERRUPT = '\u0003';
const BACKSPACES = new Set(['\u007f', '\b']);

/** Reads one line from standard input: shown as nothing on a terminal, else whatever is piped in. Errors: UsageError. */
export async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) return typedPassword();
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return line;
    throw new UsageError('A password is needed on standard input');
  } finally {
    lines.close();
  }
}

function typedPassword(): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write('Password (not shown): ');
  stdin.setRawMode(true).setEncoding('utf8').resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const onData = (text: string): void => {
      for (const character of text) {
        if (character === '\r' || character === '\n') return done(() => resolve(typed));
        if (character === INTERRUPT) return done(() => reject(new UsageError('Interrupted; nothing was created')));
        typed = BACKSPACES.has(character) ? typed.slice(0, -1) : typed + character;
      }
    };
    function done(settle: () => void): void {
      stdin.off('data', onData).setRawMode(false).pause();
      stderr.write('\n');
      settle();
    }
    stdin.on('data', onData);
  });
}
