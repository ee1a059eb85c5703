import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  expectNothingMade,
  expectRefusal,
  makePlace,
  removePlaces,
  runGantry,
  SECRET,
  startWrongly,
  writeConfig,
} from './refused-start.ts';

const CLAIR = readFileSync(join(import.meta.dirname, '../../fixtures/config/clair-4.yaml'), 'utf8');

interface Misconfiguration {
  readonly name: string;
  readonly text: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Key with line, and the remedy. */
  readonly says: readonly (string | RegExp)[];
}

const MISCONFIGURATIONS: readonly Misconfiguration[] = [
  {
    name: 'a wrong type',
    text: '# switches\nFEATURE_ANONYMOUS_ACCESS: "maybe"\n',
    says: ['config.yaml:2: FEATURE_ANONYMOUS_ACCESS: write true or false'],
  },
  {
    name: 'a wrong type of a setting that has no effect yet',
    text: 'SERVER_HOSTNAME: registry.test\nREPO_MIRROR_INTERVAL: smtp\n',
    says: ['config.yaml:2: REPO_MIRROR_INTERVAL: write a whole number'],
  },
  {
    name: 'a wrong type inside a list',
    text: 'TAG_EXPIRATION_OPTIONS:\n  - 2w\n  - soon\n',
    says: [/config\.yaml:3: TAG_EXPIRATION_OPTIONS\.1: write a duration like "30s"/],
  },
  {
    name: 'a wrong type inside an object, in either spelling',
    text: 'USER_EVENTS_REDIS:\n  HOST: redis\n  PORT: standard\n',
    says: [/config\.yaml:3: USER_EVENTS_REDIS\.port: /i],
  },
  {
    name: 'a setting that is there twice',
    text: 'V2_PAGINATION_SIZE: 50\nSERVER_HOSTNAME: registry.test\nV2_PAGINATION_SIZE: 60\n',
    says: [/config\.yaml:3: .*unique/],
  },
  {
    name: 'a setting that is there twice in two spellings',
    text: 'PREFERRED_URL_SCHEME: http\npreferred_url_scheme: https\n',
    says: ['config.yaml:2: preferred_url_scheme: This is the same setting as PREFERRED_URL_SCHEME', 'keep one'],
  },
  {
    name: 'broken YAML',
    text: 'SUPER_USERS: [ada\nSERVER_HOSTNAME: registry.test\n',
    says: [/config\.yaml:[12]: /],
  },
  {
    name: 'tabs for indentation',
    text: 'USER_EVENTS_REDIS:\n\thost: redis\n',
    says: [/config\.yaml:2: .*tab/i],
  },
  { name: 'a file that is no map', text: '- SERVER_HOSTNAME\n', says: ['config.yaml:1: ', 'KEY: value'] },
  { name: 'a file beyond all measure', text: `#${' '.repeat(1024 * 1024)}\n`, says: ['larger than 1 MiB'] },
  { name: "Clair's file", text: CLAIR, says: ['This is the configuration of Clair 4', 'gantry config check'] },
  {
    name: 'two settings that exclude each other',
    text: 'INSTANCE_SERVICE_KEY_EXPIRATION: 60\nINSTANCE_SERVICE_KEY_REFRESH: 90\n',
    says: ['config.yaml:2: INSTANCE_SERVICE_KEY_REFRESH: ', 'write less than INSTANCE_SERVICE_KEY_EXPIRATION'],
  },
  {
    name: 'a preferred storage engine that there is not',
    text: 'DISTRIBUTED_STORAGE_CONFIG:\n  disk: [LocalStorage, {storage_path: blobs}]\nDISTRIBUTED_STORAGE_PREFERENCE: [disc]\n',
    says: ['config.yaml:3: DISTRIBUTED_STORAGE_PREFERENCE: DISTRIBUTED_STORAGE_CONFIG has no engine "disc"'],
  },
  {
    name: 'an unknown storage driver',
    text: 'DISTRIBUTED_STORAGE_CONFIG:\n  disk: [FloppyStorage, {storage_path: blobs}]\n',
    says: [
      'config.yaml:2: DISTRIBUTED_STORAGE_CONFIG.disk: There is no storage driver "FloppyStorage"; use LocalStorage',
    ],
  },
  {
    name: 'a storage driver of a later version',
    text: `DISTRIBUTED_STORAGE_CONFIG:\n  s3: [S3Storage, {s3_bucket: b, s3_secret_key: ${SECRET}}]\n`,
    says: ['config.yaml:2: DISTRIBUTED_STORAGE_CONFIG.s3: ', 'only LocalStorage is'],
  },
  {
    name: 'local storage without a directory',
    text: 'DISTRIBUTED_STORAGE_CONFIG:\n  disk:\n    - LocalStorage\n    - {}\n',
    says: [/config\.yaml:[234]: DISTRIBUTED_STORAGE_CONFIG\.disk.*: name the directory/],
  },
  {
    name: 'passwords that another service is to check',
    text: 'SUPER_USERS: [ada]\nAUTHENTICATION_TYPE: LDAP\n',
    says: ['config.yaml:2: AUTHENTICATION_TYPE: "LDAP" is not built into this version; only Database is'],
  },
  {
    name: 'a way to check passwords that there is not',
    text: 'AUTHENTICATION_TYPE: database\n',
    says: ['config.yaml:1: AUTHENTICATION_TYPE: write Database'],
  },
  {
    name: 'sign-in by a service',
    text: `SUPER_USERS: [ada]\nHOME_LOGIN_CONFIG:\n  CLIENT_SECRET: ${SECRET}\n`,
    says: ['config.yaml:2: HOME_LOGIN_CONFIG: ', 'add HOME_LOGIN_CONFIG to START_WITHOUT', 'nobody can sign in by it'],
  },
  {
    name: 'an access rule of a later version',
    text: 'DISABLE_PUSHES: yes\n',
    says: ['config.yaml:1: DISABLE_PUSHES: ', 'must not run without it; remove it'],
  },
  {
    name: 'an access rule that is to be passed over',
    text: 'START_WITHOUT: [DISABLE_PUSHES]\nDISABLE_PUSHES: on\n',
    says: ['config.yaml:2: DISABLE_PUSHES: ', 'START_WITHOUT does not help'],
  },
  {
    name: 'a database of MySQL',
    text: `DB_URI: mysql+pymysql://quay:${SECRET}@database/quay\n`,
    says: ['config.yaml:1: DB_URI: MySQL cannot be served from', 'use PostgreSQL'],
  },
  {
    name: 'a database that there is not',
    text: `DB_URI: oracle://quay:${SECRET}@database/quay\n`,
    says: ['config.yaml:1: DB_URI: write postgresql://user:password@host/database'],
  },
  {
    name: 'a bad address range',
    text: 'TRUSTED_PROXY_CIDR:\n  - 10.0.0.0/8\n  - 10.0.0.0/33\n',
    says: [/config\.yaml:\d: TRUSTED_PROXY_CIDR.*"10\.0\.0\.0\/33" is not an address range/],
  },
  {
    name: 'a bad duration',
    text: 'TEAM_RESYNC_STALE_TIME: 30 minutes\n',
    says: ['config.yaml:1: TEAM_RESYNC_STALE_TIME: write a duration like "30s", "10m"'],
  },
  {
    name: 'a bad size',
    text: 'MAXIMUM_LAYER_SIZE: 20 Gigabyte\n',
    says: ['config.yaml:1: MAXIMUM_LAYER_SIZE: write a size like "512M" or "20G"'],
  },
  {
    name: 'a number out of bounds',
    text: 'V2_PAGINATION_SIZE: 0\n',
    says: ['config.yaml:1: V2_PAGINATION_SIZE: write 1 or more'],
  },
  {
    name: 'a scheme in the host name',
    text: 'SERVER_HOSTNAME: https://registry.test\n',
    says: ['config.yaml:1: SERVER_HOSTNAME: write a host name with or without port, and no scheme'],
  },
  {
    name: 'another scheme',
    text: 'PREFERRED_URL_SCHEME: ftp\n',
    says: ['config.yaml:1: PREFERRED_URL_SCHEME: write one of http, https'],
  },
  {
    name: 'an unknown level of logs',
    text: 'LOGGING_LEVEL: LOUD\n',
    says: ['config.yaml:1: LOGGING_LEVEL: write one of DEBUG'],
  },
  {
    name: 'an unknown state',
    text: 'REGISTRY_STATE: frozen\n',
    says: ['config.yaml:1: REGISTRY_STATE: write one of normal, readonly'],
  },
  {
    name: 'a namespace that cannot be',
    text: 'LIBRARY_NAMESPACE: The Library\n',
    says: ['config.yaml:1: LIBRARY_NAMESPACE: write a valid namespace name'],
  },
  {
    name: 'a secret in a file that is not there',
    text: '',
    env: { GANTRY_CONFIG_DATABASE_SECRET_KEY_FILE: '/run/secrets/gone' },
    says: ['GANTRY_CONFIG_DATABASE_SECRET_KEY_FILE: DATABASE_SECRET_KEY: Cannot read', '/run/secrets/gone', 'may read'],
  },
  {
    name: 'a secret in a directory',
    text: '',
    env: { GANTRY_CONFIG_DB_URI_FILE: '/' },
    says: ['GANTRY_CONFIG_DB_URI_FILE: DB_URI: Cannot read the file with the value: "/" is not a file'],
  },
  {
    name: 'a wrong value from the environment',
    text: 'V2_PAGINATION_SIZE: 50\n',
    env: { GANTRY_CONFIG_V2_PAGINATION_SIZE: 'many' },
    says: [/GANTRY_CONFIG_V2_PAGINATION_SIZE: V2_PAGINATION_SIZE: write a (?:whole )?number/],
  },
  {
    name: 'an override that is no JSON',
    text: '',
    env: { QUAY_OVERRIDE_CONFIG: `{DB_URI: ${SECRET}` },
    says: ['QUAY_OVERRIDE_CONFIG: The value is not a JSON object; write {"KEY": value}'],
  },
  {
    name: 'a preference by Quay’s variable for an engine that there is not',
    text: 'DISTRIBUTED_STORAGE_CONFIG: {disk: [LocalStorage, {storage_path: blobs}]}\n',
    env: { QUAY_DISTRIBUTED_STORAGE_PREFERENCE: 'tape disk' },
    says: ['QUAY_DISTRIBUTED_STORAGE_PREFERENCE: DISTRIBUTED_STORAGE_PREFERENCE: ', 'no engine "tape"'],
  },
  {
    name: 'a listener that nobody may use',
    text: 'SERVER_HOSTNAME: registry.test\nFEATURE_PROXY_PROTOCOL: true\n',
    says: ['config.yaml:2: FEATURE_PROXY_PROTOCOL: ', 'name the load balancers in TRUSTED_PROXY_CIDR'],
  },
  {
    name: 'more host names without a main one',
    text: 'SERVER_HOSTNAMES: [a.test, b.test]\n',
    says: ['config.yaml:1: SERVER_HOSTNAMES: ', 'name it in SERVER_HOSTNAME'],
  },
  {
    name: 'a version of TLS that is not spoken any more',
    text: 'SSL_PROTOCOLS: [TLSv1, TLSv1.2]\n',
    says: ['config.yaml:1: SSL_PROTOCOLS: "TLSv1" cannot be served; list TLSv1.2, TLSv1.3 or both'],
  },
  {
    name: 'a cipher that there is not',
    text: 'SSL_CIPHERS: [ROT13]\n',
    says: [/config\.yaml:1: SSL_CIPHERS.*: OpenSSL knows no cipher "ROT13"; correct or remove it/],
  },
  {
    name: 'a cache in a Redis that is not named',
    text: 'DATA_MODEL_CACHE_CONFIG:\n  engine: redis\n',
    says: ['config.yaml:1: DATA_MODEL_CACHE_CONFIG: The engine redis needs redis_config.primary'],
  },
  {
    name: 'an unknown degree of encryption for the database',
    text: `DB_URI: postgresql://quay:${SECRET}@database/quay\nDB_CONNECTION_ARGS:\n  sslmode: strict\n`,
    says: ['config.yaml:3: DB_CONNECTION_ARGS.sslmode: write one of disable, allow, prefer'],
  },
  {
    name: 'a certificate for the database without its key',
    text: `DB_CONNECTION_ARGS: {sslcert: client.crt}\nDB_URI: postgresql://quay:${SECRET}@database/quay\n`,
    says: ['config.yaml:2: DB_URI: sslcert and sslkey', 'are needed together'],
  },
  {
    name: 'several at once',
    text: 'V2_PAGINATION_SIZE: many\nREPO_MIRROR_INTERVAL: smtp\nDISABLE_PUSHES: true\nDB_URI: mysql://x\n',
    says: ['config.yaml:1: V2_P', 'config.yaml:2: REPO_M', 'config.yaml:3: DISABLE_P', 'config.yaml:4: DB_URI'],
  },
];

afterAll(removePlaces);

test.each(MISCONFIGURATIONS)('$name stops the start', async ({ text, env, says }) => {
  const place = makePlace();
  writeConfig(place, { 'config.yaml': text });
  expectRefusal(await startWrongly(place, env === undefined ? {} : { env }), says);
  expectNothingMade(place);
});

test('a configuration file that was named and is not there stops the start', async () => {
  const place = makePlace();
  expectRefusal(await startWrongly(place), [/configuration file ".*config\.yaml" cannot be read: .*ENOENT/]);
  expectNothingMade(place);
});

test('a port that is none stops the start', async () => {
  const place = makePlace();
  writeConfig(place, { 'config.yaml': '' });
  expectRefusal(await startWrongly(place, { port: 99_999 }), ['"99999" is not a port; give a number from 0']);
  expectNothingMade(place);
});

test('"config check" says the same, and a misspelt name is only warned of', async () => {
  const place = makePlace();
  const text = 'FEATURE_PUBLIC_CATALGO: true\nUSE_CDN: false\nFEATURE_BILLING: true\nREPO_MIRROR_INTERVAL: smtp\n';
  writeConfig(place, { 'config.yaml': text });
  const ending = await runGantry(['config', 'check', place.configFile]);
  expect(ending.status).toBe(1);
  for (const line of [
    /^error: .*config\.yaml:4: REPO_MIRROR_INTERVAL: write a whole number$/m,
    /^warning: .*config\.yaml:1: FEATURE_PUBLIC_CATALGO: .* did you mean "FEATURE_PUBLIC_CATALOG"\?$/m,
    /^warning: .* no effect in this version: FEATURE_BILLING$/m,
    /^note: .*config\.yaml:2: USE_CDN: The setting is obsolete and has no effect$/m,
  ])
    expect(ending.out).toMatch(line);
  expectNothingMade(place);
});
