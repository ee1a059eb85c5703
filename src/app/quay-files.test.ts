import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkConfig, type Environment } from '../platform/config/index.ts';
import { configFields, configRules } from './config.ts';

const FIXTURES = join(import.meta.dirname, '../../test/fixtures/config');

function check(name: string, environment: Environment = {}) {
  const text = readFileSync(join(FIXTURES, name), 'utf8');
  return checkConfig({ fields: configFields, rules: configRules, file: { name, text }, environment });
}

describe("the file of Quay's installer", () => {
  test('is refused for its sign-in service alone, with the line and the way out', () => {
    expect(check('home-server.yaml').config.problems).toEqual([
      {
        key: 'KEYCLOAK_LOGIN_CONFIG',
        source: 'home-server.yaml',
        line: 68,
        message: expect.stringContaining('add KEYCLOAK_LOGIN_CONFIG to START_WITHOUT'),
      },
    ]);
  });

  test('starts without that service when it is told to', () => {
    const { config } = check('home-server.yaml', { GANTRY_CONFIG_START_WITHOUT: 'KEYCLOAK_LOGIN_CONFIG' });
    expect(config.problems).toEqual([]);
    const [loud, ...others] = config.warnings;
    expect(loud).toContain('home-server.yaml:68: KEYCLOAK_LOGIN_CONFIG');
    expect(others).toEqual([expect.stringMatching(/^These settings of Quay have no effect/)]);
    expect(config.notes.map((note) => note.split(': ')[1])).toEqual([
      'BITTORRENT_FILENAME_PEPPER',
      'FEATURE_ACI_CONVERSION',
      'FEATURE_APP_REGISTRY',
      'FEATURE_RESTRICTED_V1_PUSH',
      'FEATURE_SIGNING',
      'GITLAB_TRIGGER_KIND',
      'GPG2_PRIVATE_KEY_FILENAME',
      'GPG2_PUBLIC_KEY_FILENAME',
      'MAIL_USE_AUTH',
      'SETUP_COMPLETE',
      'TESTING',
      'USE_CDN',
    ]);
  });
});

test('every setting that the manual of Quay 2.9 prints is understood, in its spelling', () => {
  const { config } = check('printed-schema.yaml');
  expect(config.problems).toEqual([]);
  expect(config.values.PREFERRED_URL_SCHEME).toBe('https');
  expect(config.warnings.filter((warning) => warning.includes('no such setting'))).toEqual([]);
});

describe("Clair's file", () => {
  test.each([
    ['clair-4.yaml', 'Clair 4', ['line 4: indexer: ', 'line 20: auth: SECURITY_SCANNER_V4_PSK', 'trace: OTEL_CONFIG']],
    ['clair-2.yaml', 'Clair 2', ['line 2: database: ', 'notifier: FEATURE_SECURITY_NOTIFICATIONS', 'jwtproxy: ']],
  ])('%s is recognized, and what takes its place is told', (name, program, replacements) => {
    const { config, lines } = check(name);
    expect(config.problems).toEqual([{ source: name, message: expect.stringContaining(program) }]);
    expect(config.warnings).toEqual([]);
    for (const replacement of replacements) expect(lines.join('\n')).toContain(replacement);
    expect(lines.join('\n')).not.toContain('correct-horse');
  });

  test('is recognized without the indentation that printing takes from it', () => {
    const text = readFileSync(join(FIXTURES, 'clair-2.yaml'), 'utf8').replaceAll(/^\s+/gm, '');
    const { config } = checkConfig({ fields: configFields, rules: configRules, file: { name: 'c.yaml', text } });
    expect(config.problems).toEqual([{ source: 'c.yaml', message: expect.stringContaining('Clair 2') }]);
  });

  test('is not what a file with a setting of the registry is taken for', () => {
    const text = 'indexer: 1\nmatcher: 2\nSERVER_HOSTNAME: registry.test\n';
    const { config } = checkConfig({ fields: configFields, rules: configRules, file: { name: 'c.yaml', text } });
    expect(config.problems).toEqual([]);
    expect(config.warnings).toHaveLength(2);
  });
});
