import { readSettings } from '../app/index.ts';
import { printConfig } from '../platform/config/index.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseOptions } from './parse-options.ts';

export const configPrint: Command = {
  name: 'config print',
  synopsis: '[--origin] [--data DIR] [--config FILE]',
  summary: 'Print the configuration in effect, without secrets; with --origin where each value comes from',
  run(args) {
    const { values } = parseOptions(args, { ...COMMON_OPTIONS, origin: { type: 'boolean' } });
    console.log(printConfig(readSettings(values).config, { origin: values.origin ?? false }).trimEnd());
    return Promise.resolve(0);
  },
};
