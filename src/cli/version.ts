import { VERSION } from '../kernel/version.ts';
import type { Command } from './command.ts';

export const version: Command = {
  name: 'version',
  synopsis: '',
  summary: 'Print the version of Gantry and of Node.js',
  run: () => {
    console.log(`gantry ${VERSION} (Node.js ${process.version})`);
    return Promise.resolve(0);
  },
};
