import { readSettings } from '../app/index.ts';
import { printConfig } from '../platform/config/index.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseOptions } from './parse-options.ts';

export const configPrint: Command = {
  name: 'config print',
  synopsis: '[--data DIR] [--config FILE]',
  summary: 'Print the configuration in effect and where each value comes from, without secrets',
  run(args) {
    const { values } = parseOptions(args, COMMON_OPTIONS);
    console.log(printConfig(readSettings(values).config).trimEnd());
    return Promise.resolve(0);
  },
};
