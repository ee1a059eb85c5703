import { describe, expect, test } from 'vitest';
import { describeKeys, loadConfig } from '../platform/config/index.ts';
import { configFields, configPieces, configRules } from './config.ts';

const load = (text: string) =>
  loadConfig({ fields: configFields, rules: configRules, file: { name: 'config.yaml', text } });

test('an empty file is a complete configuration', () => {
  const { values, warnings, notes } = load('');
  expect([warnings, notes]).toEqual([[], []]);
  expect(values.MAXIMUM_LAYER_SIZE).toBe(20 * 1024 ** 3);
  for (const [key, field] of Object.entries(configFields)) {
    expect(field.description, key).toMatch(/^[A-Z].{10,}$/);
  }
});

test('the log is set by the environment too, as that of Quay’s container', () => {
  const read = (environment: Record<string, string>) => {
    const { values } = loadConfig({ fields: configFields, rules: configRules, environment });
    return [values.LOGGING_LEVEL, values.LOG_FORMAT, values.LOG_FILE];
  };
  // No file with a value for a setting "LOG".
  expect(read({ GANTRY_CONFIG_LOG_FILE: 'gantry.log', GANTRY_CONFIG_LOG_FORMAT: 'text' })).toEqual([
    'info',
    'text',
    'gantry.log',
  ]);
  expect(read({ DEBUGLOG: 'true', JSONLOG: 'true' })).toEqual(['debug', 'json', undefined]);
  expect(read({ DEBUGLOG: 'false', QUAY_OVERRIDE_CONFIG: '{"LOGGING_LEVEL": "ERROR"}' })[0]).toBe('error');
});

test('a token for programs needs an owner, and scopes that there are', () => {
  const on = 'FEATURE_PROGRAMMATIC_BOOTSTRAP: true\n';
  expect(() => load(on)).toThrow(/BOOTSTRAP_TOKEN_OWNER/);
  expect(() => load(`${on}BOOTSTRAP_TOKEN_OWNER: root\nBOOTSTRAP_TOKEN_SCOPE: repo:read all`)).toThrow(
    /repo:read .*super:user/,
  );
  const { values } = load(`${on}BOOTSTRAP_TOKEN_OWNER: root\nBOOTSTRAP_TOKEN_SCOPE: repo:read  org:admin`);
  expect(values.BOOTSTRAP_TOKEN_SCOPE).toEqual(['repo:read', 'org:admin']);
  expect(load('').values.FEATURE_PROGRAMMATIC_BOOTSTRAP).toBe(false);
});

test.each([
  ['', ['redis', 'storage']],
  ['HEALTH_CHECKER: [LocalHealthCheck, {}]', ['redis', 'storage']],
  ['HEALTH_CHECKER: [RDSAwareHealthCheck, {access_key: k, instance_skips: [auth]}]', ['auth']],
  ['HEALTH_CHECKER: LocalHealthCheck', ['redis', 'storage']],
])('the health check of Quay is understood: %s', (text, skips) => {
  expect(load(text).values.HEALTH_CHECKER.instanceSkips).toEqual(skips);
});

test('a file that Quay runs with is accepted', () => {
  const { values, warnings } = load(
    `
SERVER_HOSTNAME: registry.test:8443
PREFERRED_URL_SCHEME: https
EXTERNAL_TLS_TERMINATION: true
AUTHENTICATION_TYPE: Database
DATABASE_SECRET_KEY: 0123456789
DB_URI: postgresql://quay:pw@db/quay
DB_CONNECTION_ARGS: {autorollback: true, threadlocals: true}
DISTRIBUTED_STORAGE_CONFIG:
  default: [LocalStorage, {storage_path: /datastorage/registry}]
DISTRIBUTED_STORAGE_PREFERENCE: [default]
DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: []
SUPER_USERS: [admin]
BUILDLOGS_REDIS: {host: redis}
USER_EVENTS_REDIS: {host: redis}
TAG_EXPIRATION_OPTIONS: [0s, 2w]
LDAP_URI: ldap://x
GITHUB_LOGIN_CONFIG: {}
SETUP_COMPLETE: true
TESTING: false
`.replace('KEY: 0123456789', 'KEY: "0123456789"'),
  );
  expect(warnings).toEqual(['These settings of Quay have no effect in this version: BUILDLOGS_REDIS, LDAP_URI']);
  expect(values.DISTRIBUTED_STORAGE_CONFIG).toEqual({
    default: { driver: 'LocalStorage', storagePath: '/datastorage/registry' },
  });
  expect(values.DB_URI?.reveal()).toContain('pw@db');
});

test.each([
  ['AUTHENTICATION_TYPE: LDAP', '"LDAP" is not built into this version'],
  ['DB_URI: mysql+pymysql://u:hunter2@h/d', 'MySQL cannot be served from'],
  ['DB_URI: mysql+pymysql://u:hunter2@h/d', 'Importing what a Quay keeps in MySQL is planned'],
  ['DB_URI: "postgresql://u:hunter2@h/d?sslmode=maybe"', 'parameter "sslmode": write one of disable, allow'],
  ['DB_URI: "postgresql://u:hunter2@h:port/d"', 'DB_URI is not an address'],
  ['DB_CONNECTION_ARGS: {sslmode: always}', 'write one of disable, allow'],
  ['DB_CONNECTION_ARGS: {sslmod: require}', '"sslmod" is not understood'],
  ['DB_CONNECTION_ARGS: {gssencmode: require}', '"gssencmode" is not understood with this value'],
  ['DB_URI: postgresql://u:hunter2@h/d\nDB_CONNECTION_ARGS: {sslcert: x.pem}', 'are needed together'],
  [
    'DB_URI: postgresql://u:hunter2@h/d\nDB_CONNECTION_ARGS: {sslrootcert: system, sslmode: require}',
    'verify-full only',
  ],
  ['DISTRIBUTED_STORAGE_CONFIG: {a: [S3Storage, {}]}', '"S3Storage" is not built into this version'],
  ['DISTRIBUTED_STORAGE_CONFIG: {a: [FakeStorage, {}]}', 'There is no storage driver "FakeStorage"'],
  ['DISTRIBUTED_STORAGE_CONFIG: {a: [LocalStorage, {}]}', 'name the directory'],
  [
    'DISTRIBUTED_STORAGE_CONFIG: {a: [LocalStorage, {storage_path: /x}]}\nDISTRIBUTED_STORAGE_PREFERENCE: [b]',
    'no engine "b"',
  ],
  ['SERVER_HOSTNAME: https://registry.test', 'no scheme'],
  ['TRUSTED_PROXY_CIDR: [10.0.0.0/8, proxy]', '"proxy" is not an address range'],
  ['INSTANCE_SERVICE_KEY_REFRESH: 120', 'before it expires'],
  ['HEALTH_CHECKER: [NoCheck, {}]', 'there is no health check "NoCheck"'],
  ['HEALTH_CHECKER: [LocalHealthCheck, {instance_skips: redis}]', 'instance_skips: [redis, storage]'],
  ['METRICS_LISTEN: 9092', 'write ADDRESS:PORT'],
  ['METRICS_LISTEN: 127.0.0.1:99999', 'write ADDRESS:PORT'],
  ['METRICS_ALLOWED_CIDR: [10.0.0.0/8, prometheus]', '"prometheus" is not an address range'],
  ['PROMETHEUS_NAMESPACE: my-registry', 'use letters, digits and "_"'],
  ['DISKSPACE_HEALTH_THRESHOLD: 10', 'a share between 0 and 1'],
  ['DISKSPACE_HEALTH_THRESHOLD: 0.2', 'at least DISKSPACE_HEALTH_THRESHOLD'],
  ['LOG_FILE: x\nLOG_FILE_MAX_SIZE: 1', 'write at least "64K"'],
  ['LOGGING_LEVEL: LOUD', 'write one of DEBUG'],
])('a start is refused: %s', (text, message) => {
  expect(() => load(text)).toThrow(message);
  expect(() => load(text)).not.toThrow('hunter2');
});

describe('the registry of keys', () => {
  const quay = new Map(describeKeys({}).map((description) => [description.key, description]));
  const declared = describeKeys(configPieces).filter(({ state }) => state === 'works');

  test.each(declared)('knows $key of $owner as a key of Quay, or as one of ours', ({ key, ours }) => {
    expect(quay.has(key), `${key} is a key of Quay, or is marked "ours: true" where it is declared`).toBe(!ours);
  });

  test.each(declared.filter(({ ours }) => !ours))('has $key with the type that $owner gives it', ({ key, family }) => {
    const known = quay.get(key)?.family ?? 'any';
    // Quantities are texts in the file, and a schema of several forms does not tell which.
    const quantities = new Set(['duration', 'size', 'text']);
    const agree = known === family || known === 'any' || family === 'any';
    expect(agree || (quantities.has(known) && quantities.has(family)), `${known} here, ${family} there`).toBe(true);
  });

  test('is printed with what the slices say', () => {
    expect(declared).toHaveLength(Object.keys(configFields).length);
  });
});
