import { makeDataDirectory, openDatabase, readSettings } from '../app/index.ts';
import { createLogger } from '../platform/log/index.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseOptions } from './parse-options.ts';

export const migrate: Command = {
  name: 'migrate',
  synopsis: '[--data DIR] [--config FILE]',
  summary: 'Bring the database to the newest schema and exit (serve does it too)',
  async run(args) {
    const { values } = parseOptions(args, COMMON_OPTIONS);
    const { settings } = readSettings(values);
    await makeDataDirectory(settings.dataDirectory);
    const db = await openDatabase(settings, createLogger({ level: 'warn' }));
    await db.close();
    console.log('The database has the newest schema');
    return 0;
  },
};
