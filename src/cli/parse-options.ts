import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './command.ts';

/** The options every command has that reads the configuration. */
export const COMMON_OPTIONS = {
  data: { type: 'string' },
  config: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

/** Parses a command's options. Errors: {@link UsageError}. */
export function parseOptions<T extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: T,
  positionals: { readonly least: number; readonly most: number } = { least: 0, most: 0 },
) {
  try {
    const parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: positionals.most > 0 });
    const given = parsed.positionals.length;
    if (given < positionals.least) throw new UsageError('There is something missing on the command line');
    if (given > positionals.most) throw new UsageError('There is too much on the command line');
    return parsed;
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(error instanceof Error ? error.message : String(error));
  }
}
