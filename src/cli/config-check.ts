import {
  checkServerCertificate,
  checkServices,
  configSources,
  launchOptions,
  readSettings,
  type ServiceFinding,
  trustOwnAuthorities,
} from '../app/index.ts';
import { checkConfig } from '../platform/config/index.ts';
import { createLogger } from '../platform/log/index.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseOptions } from './parse-options.ts';

export const configCheck: Command = {
  name: 'config check',
  synopsis: '[FILE] [--online] [--data DIR] [--config FILE]',
  summary:
    'Say what a start with this configuration file would complain about; without a name, the one a start would use. With --online, also try every service it names',
  async run(args) {
    const options = { ...COMMON_OPTIONS, online: { type: 'boolean' } } as const;
    const { values, positionals } = parseOptions(args, options, { least: 0, most: 1 });
    const flags = { ...values, config: positionals[0] ?? values.config };
    const { config, lines } = checkConfig(configSources(launchOptions(flags)));
    for (const line of lines) console.log(line);
    if (config.problems.length > 0) {
      if (values.online === true) console.log('No service was tried; the configuration must be right first');
      return 1;
    }
    const { settings } = readSettings(flags);
    if (values.online !== true) {
      const certificate = await checkServerCertificate(settings.listeners);
      for (const { severity, path, message } of certificate) console.log(`${severity}: ${path}: ${message}`);
      if (certificate.some(({ severity }) => severity === 'error')) return 1;
      console.log('The configuration can be used');
      return 0;
    }
    await trustOwnAuthorities(settings, createLogger({ level: 'warn' }));
    let failed = false;
    for await (const finding of checkServices({ settings, config, log: createLogger({ level: 'silent' }) })) {
      console.log(lineOf(finding));
      failed ||= finding.outcome === 'failed';
    }
    console.log(
      failed ? 'The configuration can be read, but not everything it names works' : 'The configuration can be used',
    );
    return failed ? 1 : 0;
  },
};

function lineOf({ service, outcome, message }: ServiceFinding): string {
  const mark = { works: 'ok', failed: 'error', untried: 'note' }[outcome];
  return `${mark}: ${service}: ${message}`;
}
