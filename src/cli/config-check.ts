import { configSources, launchOptions } from '../app/index.ts';
import { checkConfig } from '../platform/config/index.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseOptions } from './parse-options.ts';

export const configCheck: Command = {
  name: 'config check',
  synopsis: '[FILE] [--data DIR] [--config FILE]',
  summary:
    'Say what a start with this configuration file would complain about; without a name, the one a start would use',
  run(args) {
    const { values, positionals } = parseOptions(args, COMMON_OPTIONS, { least: 0, most: 1 });
    const launch = launchOptions({ ...values, config: positionals[0] ?? values.config });
    const { problems, lines } = checkConfig(configSources(launch));
    for (const line of lines) console.log(line);
    if (problems.length === 0) console.log('The configuration can be used');
    return Promise.resolve(problems.length === 0 ? 0 : 1);
  },
};
