import { expect, test } from 'vitest';
import { isSensitiveKey } from '../kernel/sensitive-key.ts';
import { describeKey, loadConfig } from '../platform/config/index.ts';
import { CLIENT_KEYS, clientConfig } from './client-config.ts';
import { configFields, configPieces, configRules } from './config.ts';

const shown = (text: string) =>
  clientConfig(loadConfig({ fields: configFields, rules: configRules, file: { name: 'config.yaml', text } }));

test('pages are told values as they are written, and which features are on', () => {
  const { config, features, registryState } = shown(`
SERVER_HOSTNAME: registry.test:8443
REGISTRY_TITLE: The registry
REGISTRY_STATE: readonly
FEATURE_ANONYMOUS_ACCESS: false
FEATURE_LISTEN_IP_VERSION: IPv4
MAXIMUM_LAYER_SIZE: 1G
`);
  expect(config).toMatchObject({
    SERVER_HOSTNAME: 'registry.test:8443',
    REGISTRY_TITLE: 'The registry',
    AUTHENTICATION_TYPE: 'Database',
    FEATURE_ANONYMOUS_ACCESS: false,
  });
  expect(features).toMatchObject({ ANONYMOUS_ACCESS: false, PERMANENT_SESSIONS: true });
  expect(features).not.toHaveProperty('LISTEN_IP_VERSION');
  expect(registryState).toBe('readonly');
  expect(config).not.toHaveProperty('MAXIMUM_LAYER_SIZE');
});

test('nothing is told but what the list and the features have', () => {
  const all = Object.keys(shown('').config);
  expect(all.filter((key) => !key.startsWith('FEATURE_') && !CLIENT_KEYS.includes(key))).toEqual([]);
});

test('no key of the list can hold a secret', () => {
  const suspicious = CLIENT_KEYS.filter(
    (key) => isSensitiveKey(key) || describeKey(key, configPieces)?.type.includes('secret'),
  );
  expect(suspicious).toEqual([]);
  expect(CLIENT_KEYS.filter((key) => describeKey(key, configPieces) === undefined)).toEqual([]);
});

test('no secret of a configuration is told', () => {
  const secrets = Object.keys(configFields).filter((key) => describeKey(key, configPieces)?.type.includes('secret'));
  expect(secrets).toContain('DATABASE_SECRET_KEY');
  const text = secrets.map((key) => `${key}: "sesame-sesame-sesame-sesame-sesame"`).join('\n');
  const { values, settings } = loadConfig({
    fields: configFields,
    file: { name: 'config.yaml', text: `DB_URI: postgresql://u:sesame@db/quay\n${text.replace(/^DB_URI:.*$/m, '')}` },
  });
  const told = clientConfig({ values, settings, warnings: [], notes: [] });
  expect(JSON.stringify(told)).not.toContain('sesame');
});
