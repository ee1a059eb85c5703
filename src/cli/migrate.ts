import { makeDataDirectory, openDatabase, readSettings, trustOwnAuthorities } from '../app/index.ts';
import { createLogger } from '../platform/log/index.ts';
import { type Command, UsageError } from './command.ts';
import { COMMON_OPTIONS, parseOptions } from './parse-options.ts';

export const migrate: Command = {
  name: 'migrate',
  synopsis: '[head] [--data DIR] [--config FILE]',
  summary: 'Bring the database to the newest schema and exit (serve does it too)',
  async run(args) {
    const { values, positionals } = parseOptions(args, COMMON_OPTIONS, { least: 0, most: 1 });
    // Quay's entry point takes a revision; "head" is the newest.
    const [revision = 'head'] = positionals;
    if (revision !== 'head') {
      throw new UsageError(`There are no revisions to choose from: leave "${revision}" out to go to the newest schema`);
    }
    const { settings } = readSettings(values);
    const log = createLogger({ level: 'warn' });
    await makeDataDirectory(settings.dataDirectory);
    await trustOwnAuthorities(settings, log);
    const db = await openDatabase(settings, log, ({ name, done, total }) =>
      console.log(`migrating ${done + 1}/${total}: ${name}`),
    );
    await db.close();
    console.log('The database has the newest schema');
    return 0;
  },
};
