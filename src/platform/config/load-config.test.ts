import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { propertyRuns } from '../../../test/support/property-runs.ts';
import {
  checkConfig,
  ConfigError,
  defineConfig,
  durationMs,
  type Environment,
  loadConfig,
  loadingConfig,
  oneOrMany,
  printConfig,
  Secret,
  secret,
  sizeBytes,
} from './index.ts';

const fields = defineConfig({
  MAXIMUM_LAYER_SIZE: { schema: sizeBytes(), default: '20G', description: 'Largest blob' },
  FRESH_LOGIN_TIMEOUT: { schema: durationMs(), default: '10m', description: 'Fresh login' },
  FEATURE_PUBLIC_CATALOG: { schema: z.boolean(), default: false, description: 'Catalog' },
  DATABASE_SECRET_KEY: { schema: secret(), description: 'Key' },
  TRUSTED_PROXY_CIDR: { schema: oneOrMany(), default: [], description: 'Proxies' },
  STORE: { schema: z.object({ path: z.string(), s3_secret_key: z.string().optional() }), description: 'Nested' },
  LOW: { schema: z.int(), default: 1, description: 'Lower bound' },
  HIGH: { schema: z.int(), default: 2, description: 'Upper bound' },
});
const rules = [
  {
    key: 'LOW' as const,
    check: (v: { LOW: number; HIGH: number }) => (v.LOW < v.HIGH ? undefined : 'LOW must be below HIGH'),
  },
];

const load = (text: string, environment: Environment = {}, readFile?: (path: string) => string) =>
  loadConfig({ fields, rules, file: { name: 'config.yaml', text }, environment, ...(readFile && { readFile }) });

function problemsOf(text: string, environment: Environment = {}): string[] {
  return checkConfig({ fields, rules, file: { name: 'config.yaml', text }, environment }).config.problems.map(
    ({ source, line, key, message }) => `${source}:${line ?? '-'} ${key ?? ''} ${message}`,
  );
}

describe('values', () => {
  test('come from defaults, the file and the environment, in this order', () => {
    const text = 'MAXIMUM_LAYER_SIZE: 1G\nFRESH_LOGIN_TIMEOUT: 1h\nFEATURE_PUBLIC_CATALOG: yes\n';
    const { values } = load(text, {
      QUAY_OVERRIDE_CONFIG: '{"MAXIMUM_LAYER_SIZE": "2G", "FRESH_LOGIN_TIMEOUT": "2h"}',
      GANTRY_CONFIG_MAXIMUM_LAYER_SIZE: '3G',
      GANTRY_CONFIG_TRUSTED_PROXY_CIDR: '[10.0.0.0/8, 192.168.0.1]',
      OTHER: 'x',
    });
    expect(values.MAXIMUM_LAYER_SIZE).toBe(3 * 1024 ** 3);
    expect(values.FRESH_LOGIN_TIMEOUT).toBe(7_200_000);
    expect(values.FEATURE_PUBLIC_CATALOG).toBe(true);
    expect(values.TRUSTED_PROXY_CIDR).toEqual(['10.0.0.0/8', '192.168.0.1']);
    expect(values.DATABASE_SECRET_KEY).toBeUndefined();
    expect(load('').values.MAXIMUM_LAYER_SIZE).toBe(20 * 1024 ** 3);
    expect(load('MAXIMUM_LAYER_SIZE:\n').values.MAXIMUM_LAYER_SIZE).toBe(20 * 1024 ** 3);
  });

  test('are frozen in depth', () => {
    const { values } = load('STORE: {path: /x}\n');
    expect(Object.isFrozen(values) && Object.isFrozen(values.STORE) && Object.isFrozen(values.TRUSTED_PROXY_CIDR)).toBe(
      true,
    );
  });

  test('that are secret are taken literally from the environment or a file, and never shown', () => {
    expect(load('', { GANTRY_CONFIG_DATABASE_SECRET_KEY: '0123' }).values.DATABASE_SECRET_KEY?.reveal()).toBe('0123');
    const read = (path: string) => `from ${path}\n`;
    const config = load(
      'STORE: {path: /x, s3_secret_key: hidden1}\n',
      { GANTRY_CONFIG_DATABASE_SECRET_KEY_FILE: '/run/k' },
      read,
    );
    const key = config.values.DATABASE_SECRET_KEY;
    expect(key?.reveal()).toBe('from /run/k');
    const printed = printConfig(config, { origin: true });
    for (const shown of [String(key), JSON.stringify(config.values), inspect(key), printed]) {
      expect(shown).not.toMatch(/from \/run|hidden1 /);
    }
    expect(printed).not.toContain('hidden1');
    expect(printed).toContain('# from GANTRY_CONFIG_DATABASE_SECRET_KEY_FILE\nDATABASE_SECRET_KEY: "[redacted]"');
    expect(printed).toContain('# from config.yaml:1\nSTORE:');
    expect(printed).toContain('# from default\nMAXIMUM_LAYER_SIZE: 20G');
    expect(printConfig(config, { origin: false })).not.toContain('# from');
  });
});

describe('problems', () => {
  test('are told all at once, with lines', () => {
    const text = 'MAXIMUM_LAYER_SIZE: big\n\nFEATURE_PUBLIC_CATALOG: "no"\nSTORE:\n  other: 1\n  path:\n    - 5\n';
    const problems = problemsOf(text, { GANTRY_CONFIG_LOW: 'abc', QUAY_OVERRIDE_CONFIG: '[]' });
    expect(problems).toHaveLength(5);
    for (const expected of [
      /^QUAY_OVERRIDE_CONFIG:- {2}The value is not a JSON object/,
      /^config.yaml:1 MAXIMUM_LAYER_SIZE write a size like "512M" or "20G"/,
      /^config.yaml:3 FEATURE_PUBLIC_CATALOG write true or false$/,
      /^config.yaml:6 STORE.path write a text;/,
      /^GANTRY_CONFIG_LOW:- LOW write a (?:whole )?number$/,
    ]) {
      expect(problems).toContainEqual(expect.stringMatching(expected));
    }
    expect(() => load(text)).toThrow(ConfigError);
    expect(() => load(text)).toThrow(/config.yaml:1: MAXIMUM_LAYER_SIZE: write a size/);
  });

  test.each([
    ['duplicate keys', 'LOW: 1\nHIGH: 5\nLOW: 2\n', 'config.yaml:3'],
    ['broken YAML', 'LOW: 1\nHIGH: [1\n', 'config.yaml:'],
    ['no mapping', '- LOW\n', 'config.yaml:1'],
    ['impossible combinations', 'HIGH: 7\nLOW: 7\n', 'config.yaml:2 LOW LOW must be below HIGH'],
    [
      'unbuilt authentication',
      'A: 1\nKEYCLOAK_LOGIN_CONFIG: {CLIENT_ID: x}\n',
      'config.yaml:2 KEYCLOAK_LOGIN_CONFIG This version cannot',
    ],
    ['unbuilt access rules', 'DISABLE_PUSHES: true\n', 'config.yaml:1 DISABLE_PUSHES This version cannot'],
    [
      'encrypted database connections',
      'DB_CONNECTION_ARGS: {ssl: {ca: x}}\n',
      'config.yaml:1 DB_CONNECTION_ARGS This version cannot',
    ],
    [
      'aliases that expand without end',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
        .split('')
        .map((n, i) => `${n}: &${n} [${`*${'abcdefg'[i]},`.repeat(9)}]`)
        .join('\n')}\n`,
      'config.yaml',
    ],
  ])('%s stop the start', (_name, text, expected) => {
    expect(problemsOf(text)[0]).toContain(expected);
  });
});

describe('other keys', () => {
  test('are warned of, with the nearest name', () => {
    const { warnings } = load('FEATURE_PUBLIC_CATALGO: true\nSERVER_HOSTNAM: x\nSOMETHING_ELSE: 1\n');
    expect(warnings).toEqual([
      'config.yaml:1: FEATURE_PUBLIC_CATALGO: There is no such setting; did you mean "FEATURE_PUBLIC_CATALOG"?',
      'config.yaml:2: SERVER_HOSTNAM: There is no such setting; did you mean "SERVER_HOSTNAME"?',
      'config.yaml:3: SOMETHING_ELSE: There is no such setting; remove it',
    ]);
  });

  test('of Quay without effect are named in one warning, obsolete ones in notes', () => {
    const { warnings, notes } = load(
      'LDAP_URI: ldap://x\nFEATURE_BILLING: true\nUSE_CDN: false\nBITTORRENT_FILENAME_PEPPER: x\n',
    );
    expect(warnings).toEqual(['These settings of Quay have no effect in this version: FEATURE_BILLING, LDAP_URI']);
    expect(notes).toEqual([
      'config.yaml:3: USE_CDN: The setting is obsolete and has no effect',
      'config.yaml:4: BITTORRENT_FILENAME_PEPPER: The setting is obsolete and has no effect',
    ]);
  });

  test('of Quay without effect must have a value of their type all the same', () => {
    const text = [
      'MAIL_PORT: smtp',
      'LDAP_URI: 5',
      'TAG_EXPIRATION_OPTIONS: [2w, soon]',
      'AVATAR_KIND: round',
      'USER_EVENTS_REDIS:',
      '  HOST: redis',
      '  PORT: default',
      'CONTACT_INFO: {a: b}',
      'USE_CDN: [obsolete, keys, may, be, anything]',
      '',
    ].join('\n');
    expect(problemsOf(text, { GANTRY_CONFIG_FEATURE_MAILING: 'perhaps' })).toEqual([
      'config.yaml:1 MAIL_PORT write a whole number',
      'config.yaml:2 LDAP_URI write a text; numbers, dates and yes or no need quotes to be one',
      'config.yaml:3 TAG_EXPIRATION_OPTIONS.1 write a duration like "30s", "10m", "12h", "2d" or "4w"',
      'config.yaml:4 AVATAR_KIND write one of local, gravatar',
      'config.yaml:7 USER_EVENTS_REDIS.port write a whole number',
      'config.yaml:8 CONTACT_INFO write a list: [first, second]',
      'GANTRY_CONFIG_FEATURE_MAILING:- FEATURE_MAILING write true or false',
    ]);
  });

  test('may be written in lower case, as some manuals print them, but not twice', () => {
    const { warnings, notes, values } = load('low: 0\nuser_events_redis: {Host: a, PORT: 1}\nhihg: 3\n');
    expect(values.LOW).toBe(0);
    expect(warnings).toEqual([
      'config.yaml:3: hihg: There is no such setting; did you mean "HIGH"?',
      'These settings of Quay have no effect in this version: USER_EVENTS_REDIS',
    ]);
    expect(notes[0]).toBe('config.yaml:1: low: Taken for LOW; Quay itself reads upper case only');
    expect(problemsOf('LOW: 0\nlow: 1\n')).toEqual([
      'config.yaml:2 low This is the same setting as LOW, which is there too; keep one',
    ]);
    expect(problemsOf('USER_EVENTS_REDIS:\n  host: a\n  HOST: b\n')).toEqual([
      'config.yaml:3 USER_EVENTS_REDIS.HOST This is there twice, for upper and lower case mean the same; keep one',
    ]);
  });

  test('with values that ask for nothing are accepted', () => {
    const text =
      'GITHUB_LOGIN_CONFIG: {}\nFEATURE_GITHUB_LOGIN: false\nFEATURE_DIRECT_LOGIN: true\nDB_CONNECTION_ARGS: {autorollback: true, threadlocals: true}\n';
    expect(problemsOf(text)).toEqual([]);
  });
});

describe('START_WITHOUT', () => {
  const login = 'KEYCLOAK_LOGIN_CONFIG: {CLIENT_ID: x}\n';
  const loading = { ...fields, ...loadingConfig };
  const report = (text: string, environment: Environment = {}) =>
    checkConfig({ fields: loading, file: { name: 'config.yaml', text }, environment }).lines;

  test('lets a start go on without sign-in by another service, and says so', () => {
    const refused = 'error: config.yaml:1: KEYCLOAK_LOGIN_CONFIG: This version cannot do what the setting asks for;';
    expect(report(login)).toEqual([
      `${refused} remove it, or add KEYCLOAK_LOGIN_CONFIG to START_WITHOUT to start without it: nobody can sign in by it`,
    ]);
    const started = [
      'warning: config.yaml:1: KEYCLOAK_LOGIN_CONFIG: This version cannot do what the setting asks for. Started without it, as START_WITHOUT says: nobody can sign in by it',
    ];
    expect(report(`${login}START_WITHOUT: [KEYCLOAK_LOGIN_CONFIG]\n`)).toEqual(started);
    expect(report(login, { GANTRY_CONFIG_START_WITHOUT: 'KEYCLOAK_LOGIN_CONFIG' })).toEqual(started);
    expect(report(`${login}START_WITHOUT: [GITHUB_LOGIN_CONFIG]\n`)[0]).toMatch(/^error: config.yaml:1: KEYCLOAK/);
  });

  test.each(['FEATURE_REQUIRE_ENCRYPTED_BASIC_AUTH: true', 'DISABLE_PUSHES: true', 'FEATURE_FIPS: true'])(
    'never opens what a setting closes: %s',
    (text) => {
      const key = text.slice(0, text.indexOf(':'));
      const [problem] = report(`${text}\nSTART_WITHOUT: [${key}]\n`);
      expect(problem).toMatch(/^error: config.yaml:1: .* must not run without it; .*START_WITHOUT does not help/);
    },
  );

  test('is told of names that are not needed or do not exist', () => {
    expect(report('START_WITHOUT: [KEYCLOAK_LOGIN_CONFIG, GITHUB_LOGIN_CONFG, LOW]\n')).toEqual([
      'warning: START_WITHOUT names KEYCLOAK_LOGIN_CONFIG, which stops no start; remove it there',
      'warning: START_WITHOUT names "GITHUB_LOGIN_CONFG", and there is no such setting; did you mean "GITHUB_LOGIN_CONFIG"?',
      'warning: START_WITHOUT names LOW, which stops no start; remove it there',
    ]);
  });
});

test('truth values are those of the YAML that Quay reads', () => {
  const truth = (word: string) => load(`FEATURE_PUBLIC_CATALOG: ${word}\n`).values.FEATURE_PUBLIC_CATALOG;
  for (const word of ['yes', 'Yes', 'on', 'ON', 'true', 'True']) expect(truth(word), word).toBe(true);
  for (const word of ['no', 'NO', 'off', 'Off', 'false', 'FALSE']) expect(truth(word), word).toBe(false);
  for (const word of ['y', 'n', '"yes"', '1']) expect(() => truth(word), word).toThrow(/true|boolean/);
  expect(load('DATABASE_SECRET_KEY: y\n').values.DATABASE_SECRET_KEY?.reveal()).toBe('y');
});

describe('a value in a file', () => {
  const home = mkdtempSync(join(tmpdir(), 'gantry-config-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const from = (path: string) => problemsOf('', { GANTRY_CONFIG_LOW_FILE: path });

  test('that cannot be read is named with its key', () => {
    const large = join(home, 'large');
    writeFileSync(large, ' '.repeat(1024 * 1024 + 1));
    expect(from(join(home, 'gone'))[0]).toMatch(/^GANTRY_CONFIG_LOW_FILE:- LOW Cannot read .*ENOENT.*gone/);
    expect(from(home)[0]).toMatch(/is not a file/);
    expect(from(large)[0]).toMatch(/larger than 1 MiB/);
  });
});

test('no text brings anything but a ConfigError', () => {
  const yamlish = fc.oneof(
    fc.string(),
    fc.string({
      unit: fc.constantFrom(
        'LOW',
        'low',
        'USER_EVENTS_REDIS',
        'TAG_EXPIRATION_OPTIONS',
        'KEYCLOAK_LOGIN_CONFIG',
        'START_WITHOUT',
        'indexer',
        ': ',
        '\n',
        '- ',
        '&a ',
        '*a',
        '{',
        '}',
        '[',
        ']',
        '"',
        '!!set ',
        '<<',
        '1',
        '? ',
        '|',
        '#',
        '  ',
        '__proto__',
      ),
    }),
    fc.json(),
  );
  fc.assert(
    fc.property(yamlish, yamlish, (text, variable) => {
      try {
        const environment = {
          GANTRY_CONFIG_LOW: variable,
          GANTRY_CONFIG_STORE: variable,
          GANTRY_CONFIG_USER_EVENTS_REDIS: variable,
          GANTRY_CONFIG_START_WITHOUT: variable,
          QUAY_OVERRIDE_CONFIG: text,
        };
        loadConfig({
          fields: { ...fields, ...loadingConfig },
          rules,
          file: { name: 'config.yaml', text },
          environment,
        });
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }),
    { numRuns: propertyRuns(1000) },
  );
});

test('a secret shows itself in no way', () => {
  const hidden = new Secret('value');
  expect(`${String(hidden)} ${JSON.stringify({ hidden })} ${inspect({ hidden }, { showHidden: true })}`).not.toContain(
    'value',
  );
  expect(Object.keys(hidden)).toEqual([]);
});
