import { type Administration, administerAccount, openCore, readSettings, trustOwnAuthorities } from '../app/index.ts';
import { createLogger } from '../platform/log/index.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseOptions } from './parse-options.ts';
import { readPassword } from './read-password.ts';

/** For whoever is locked out of the registry, and has the machine it runs on. */
export const userAdministration: readonly Command[] = [
  administration('grant-superuser', 'Make a user a superuser.', 'is a superuser'),
  administration('revoke-superuser', 'Make a superuser a user like others.', 'is a superuser no more'),
  administration('enable', 'Let a disabled user in again.', 'is enabled'),
  administration('disable', 'Keep a user out: his sessions end, and his tokens and robots rest.', 'is disabled'),
  administration(
    'reset-password',
    'Set the password of a user; it is asked for, or read from standard input. His sessions end.',
    'has a new password',
  ),
];

function administration(kind: Administration['kind'], summary: string, done: string): Command {
  return {
    name: `user ${kind}`,
    synopsis: 'NAME [--data DIR] [--config FILE]',
    summary,
    async run(args) {
      const { values, positionals } = parseOptions(args, COMMON_OPTIONS, { least: 1, most: 1 });
      const [name = ''] = positionals;
      const log = createLogger({ level: 'warn' });
      const { settings } = readSettings(values);
      const change = kind === 'reset-password' ? { kind, password: await readPassword() } : { kind };
      await trustOwnAuthorities(settings, log);
      const core = await openCore(settings, log);
      try {
        await administerAccount(core, settings, name, change);
        console.log(`The user "${name}" ${done}`);
        return 0;
      } finally {
        await core.close();
      }
    },
  };
}
