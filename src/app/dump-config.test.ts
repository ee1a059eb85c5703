import { expect, it } from 'vitest';
import { loadConfig } from '../platform/config/index.ts';
import { configFields, configRules } from './config.ts';
import { dumpConfig } from './dump-config.ts';

const SECRET = 'hidden-from-everyone';

it('shows what is set and by what, what is not known, and what could be set, without a secret', () => {
  const text = [
    'SUPER_USERS: [ada]',
    `DATABASE_SECRET_KEY: ${SECRET}`,
    `DB_URI: postgresql://quay:${SECRET}@database/quay`,
    `USER_EVENTS_REDIS: {host: redis, password: ${SECRET}}`,
    `MAIL_PASSWORD: ${SECRET}`,
    'SOMETHING_STRANGE: 1',
    `STRANGE_SECRET_KEY: ${SECRET}`,
  ].join('\n');
  const environment = {
    GANTRY_CONFIG_REGISTRY_TITLE: 'Ours',
    GANTRY_CONFIG_PAGE_TOKEN_KEY: SECRET,
    OTHER_PASSWORD: SECRET,
  };
  const sources = { fields: configFields, rules: configRules, file: { name: 'config.yaml', text }, environment };
  const dump = dumpConfig(loadConfig(sources));
  expect(JSON.stringify(dump)).not.toContain(SECRET);
  expect(dump).toMatchObject({
    config: { SUPER_USERS: ['ada'], DATABASE_SECRET_KEY: '[redacted]', REGISTRY_TITLE: 'Ours' },
    warning: { SOMETHING_STRANGE: 1 },
    env: { GANTRY_CONFIG_REGISTRY_TITLE: 'Ours' },
    schema: { SUPER_USERS: { type: 'list of text', default: [] } },
  });
  expect(dump.config['USER_EVENTS_REDIS']).toMatchObject({ host: 'redis' });
  expect(dump.env).not.toHaveProperty('OTHER_PASSWORD');
});
