import { resolve } from 'node:path';
import { configSources } from '../app/index.ts';
import { checkConfig } from '../platform/config/index.ts';
import type { Command } from './command.ts';
import { parseOptions } from './parse-options.ts';

export const configCheck: Command = {
  name: 'config check',
  synopsis: 'FILE',
  summary: 'Say what a start with this configuration file would complain about',
  run(args) {
    const { positionals } = parseOptions(args, {}, 1);
    const { problems, lines } = checkConfig(
      configSources({ configFile: resolve(positionals[0] ?? ''), configFileNamed: true }),
    );
    for (const line of lines) console.log(line);
    if (problems.length === 0) console.log('The configuration can be used');
    return Promise.resolve(problems.length === 0 ? 0 : 1);
  },
};
