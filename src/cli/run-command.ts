import { cert } from './cert.ts';
import type { Command } from './command.ts';
import { UsageError } from './command.ts';
import { configCheck } from './config-check.ts';
import { configExplain } from './config-explain.ts';
import { configEditor } from './config-editor.ts';
import { configPrint } from './config-print.ts';
import { health } from './health.ts';
import { migrate } from './migrate.ts';
import { repomirror } from './repomirror.ts';
import { serveCommand } from './serve.ts';
import { userAdministration } from './user-administration.ts';
import { userCreate } from './user-create.ts';
import { version } from './version.ts';

const COMMANDS: readonly Command[] = [
  serveCommand,
  migrate,
  userCreate,
  ...userAdministration,
  configCheck,
  configPrint,
  configExplain,
  cert,
  // After the others whose names begin with this word.
  configEditor,
  health,
  repomirror,
  version,
];

/** Exit statuses: 0 done, 1 failed, 2 wrong command line. */
export async function runCommand(args: readonly string[]): Promise<number> {
  if (args.length === 0 || args[0] === 'help' || args[0] === '--help' || args[0] === '-h') {
    console.log(usage());
    return args.length === 0 ? 2 : 0;
  }
  const command = COMMANDS.find(({ name }) => name.split(' ').every((word, index) => args[index] === word));
  if (command === undefined) {
    console.error(`gantry: there is no command "${args.join(' ')}"\n\n${usage()}`);
    return 2;
  }
  const rest = args.slice(command.name.split(' ').length);
  if (rest.includes('--help')) {
    console.log(`gantry ${command.name} ${command.synopsis}\n\n${command.summary}`);
    return 0;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    console.error(`gantry: ${describe(error)}`);
    if (error instanceof UsageError) console.error(`usage: gantry ${command.name} ${command.synopsis}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** The message, and in brackets the reason that the system or the database gave, which often names the place. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  let cause = error.cause;
  if (cause instanceof AggregateError) [cause] = cause.errors;
  const reason = cause instanceof Error && !error.message.includes(cause.message) ? ` (${cause.message})` : '';
  return error.message + reason;
}

function usage(): string {
  const lines = COMMANDS.map(({ name, synopsis, summary }) => [`gantry ${name} ${synopsis}`.trim(), `    ${summary}`]);
  return ['Commands:', ...lines.flat()].join('\n');
}
