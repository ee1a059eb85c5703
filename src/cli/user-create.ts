import { createAccount, openCore, readSettings, trustOwnAuthorities } from '../app/index.ts';
import { createLogger } from '../platform/log/index.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseOptions } from './parse-options.ts';
import { readPassword } from './read-password.ts';

export const userCreate: Command = {
  name: 'user create',
  synopsis: 'NAME [--email ADDRESS] [--superuser] [--data DIR] [--config FILE]',
  summary: 'Create a user; the password is asked for, or read from standard input. The first user becomes superuser.',
  async run(args) {
    const { values, positionals } = parseOptions(
      args,
      { ...COMMON_OPTIONS, email: { type: 'string' }, superuser: { type: 'boolean' } },
      { least: 1, most: 1 },
    );
    const log = createLogger({ level: 'warn' });
    const { settings } = readSettings(values);
    const password = await readPassword();
    await trustOwnAuthorities(settings, log);
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
      await core.close();
    }
  },
};
