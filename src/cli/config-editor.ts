import { launchOptions } from '../app/index.ts';
import type { Command } from './command.ts';

/** What `config PASSWORD` was in Quay's image. */
export const configEditor: Command = {
  name: 'config',
  synopsis: '[PASSWORD]',
  summary: "Say how settings are changed; Quay's image had an editor in the browser under this name",
  run() {
    // Whatever was given may be a password: it is neither used nor printed.
    const { configFile } = launchOptions({});
    console.error(
      [
        'gantry: this version has no editor of settings in the browser. Nothing was started, and a password that was given is not used.',
        '',
        `Settings stand in ${configFile}, under the names that Quay has, so a config.yaml of Quay is read`,
        'as it is. Without that file every setting has its default. Change it with any editor, then start again.',
        '',
        '    gantry config check [FILE]   what a start with it would complain about',
        '    gantry config print          every setting in force, and where it comes from',
        '    gantry config explain KEY    what one setting means',
        '',
        'In a container these are "docker run --rm -v VOLUME:/conf/stack IMAGE config check", and',
        '"docker cp config.yaml CONTAINER:/conf/stack/" puts a file there.',
      ].join('\n'),
    );
    return Promise.resolve(1);
  },
};
