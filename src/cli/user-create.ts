import { createInterface } from 'node:readline/promises';
import { createAccount, openCore, readSettings } from '../app/index.ts';
import { createLogger } from '../platform/log/index.ts';
import { type Command, UsageError } from './command.ts';
import { COMMON_OPTIONS, parseOptions } from './parse-options.ts';

export const userCreate: Command = {
  name: 'user create',
  synopsis: 'NAME [--email ADDRESS] [--superuser] [--data DIR] [--config FILE] < PASSWORD',
  summary:
    'Create a user; the password is read from standard input, so that it stands in no list of processes. The first user becomes superuser.',
  async run(args) {
    const { values, positionals } = parseOptions(
      args,
      { ...COMMON_OPTIONS, email: { type: 'string' }, superuser: { type: 'boolean' } },
      1,
    );
    const log = createLogger({ level: 'warn' });
    const { settings } = readSettings(values);
    const password = await readPassword();
    const core = await openCore(settings, log);
    try {
      const user = await createAccount(core, {
        name: positionals[0] ?? '',
        email: values.email,
        password,
        superuser: values.superuser ?? false,
      });
      console.log(`Created the ${user.superuser ? 'superuser' : 'user'} "${user.name}"`);
      return 0;
    } finally {
      await core.db.close();
    }
  },
};

async function readPassword(): Promise<string> {
  const terminal = process.stdin.isTTY ? process.stderr : undefined;
  const lines = createInterface({ input: process.stdin, output: terminal, terminal: false });
  try {
    terminal?.write('Password: ');
    for await (const line of lines) return line;
    throw new UsageError('A password is needed on standard input');
  } finally {
    lines.close();
  }
}
