import { expect, test } from 'vitest';
import { readLaunchOptions } from './launch-options.ts';

test.each([
  [{}, {}, '/base/data/config.yaml', false],
  [{ data: '/srv' }, { GANTRY_DATA: '/other' }, '/srv/config.yaml', false],
  [{ config: '/etc/gantry.yaml' }, {}, '/etc/gantry.yaml', true],
  [{}, { GANTRY_CONFIG: '/etc/gantry.yaml' }, '/etc/gantry.yaml', true],
  [{ data: '/srv' }, { GANTRY_CONFIG: '/conf/stack/' }, '/conf/stack/config.yaml', false],
  [{ config: 'one.yaml' }, { GANTRY_CONFIG: '/conf/stack/' }, '/base/one.yaml', true],
])('flags %j and environment %j: the settings are in %s', (flags, environment, configFile, configFileNamed) => {
  const base = process.cwd();
  const options = readLaunchOptions(flags, environment);
  expect(options).toMatchObject({ configFile: configFile.replace('/base', base), configFileNamed });
});

test.each(['', '-1', '65536', 'http', '80 80'])('"%s" is no port', (port) => {
  expect(() => readLaunchOptions({ port }, {})).toThrow('is not a port');
});
