import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineConfig, joinPieces } from './define-config.ts';
import { describeKey, describeKeys, describeSchema, keyTopics } from './describe-key.ts';
import { KEY_TOPICS, quayKeyNames } from './quay-keys/find-quay-key.ts';
import { durationMs, oneOrMany, secret, sizeBytes } from './schemas.ts';

const pieces = {
  notify: defineConfig({
    MAIL_PORT: { schema: z.int().min(1).max(65_535), default: 587, description: 'Where mail goes', reload: 'live' },
  }),
  gc: defineConfig({ OWN_KEY: { schema: durationMs(), default: '1h', description: 'Something of ours', ours: true } }),
};

test('the registry has every key that Quay has or had', () => {
  // The fixed names of the current version and of earlier ones.
  expect(quayKeyNames()).toHaveLength(461);
  const rows = KEY_TOPICS.flatMap(({ keys }) => Object.keys(keys));
  expect(new Set(rows).size, 'no key is described twice').toBe(rows.length);
  const topics = keyTopics();
  for (const { key, meaning, owner, topic } of describeKeys({})) {
    expect(meaning, key).toMatch(/^[A-Z0-9].{3,}$/);
    expect(owner, key).toMatch(/^[a-z][a-z/-]+$/);
    expect(topics, key).toContain(topic);
  }
});

test('what a slice declares outranks what is known of Quay’s key, but for the default of Quay', () => {
  expect(describeKey('MAIL_PORT', {})).toMatchObject({ state: 'planned', type: 'whole number', reload: 'restart' });
  expect(describeKey('MAIL_PORT', pieces)).toEqual({
    key: 'MAIL_PORT',
    topic: 'Mail and notifications',
    type: 'whole number from 1 to 65535',
    family: 'integer',
    quayDefault: 587,
    ourDefault: 587,
    meaning: 'Where mail goes',
    owner: 'notify',
    state: 'works',
    reload: 'live',
    ours: false,
    stopsStart: false,
  });
  expect(describeKey('OWN_KEY', pieces)).toMatchObject({ topic: "Gantry's own", ours: true, owner: 'gc' });
  expect(describeKey('NO_SUCH_KEY', pieces)).toBeUndefined();
});

test('sign-in services of any name are described by one row', () => {
  const described = describeKey('KEYCLOAK_LOGIN_CONFIG', {});
  expect(described).toMatchObject({ key: 'KEYCLOAK_LOGIN_CONFIG', stopsStart: true, without: expect.any(String) });
  expect(describeKeys({}).filter(({ key }) => key.endsWith('>_LOGIN_CONFIG'))).toHaveLength(1);
});

test('a key has one owner', () => {
  const twice = { notify: pieces.notify, audit: pieces.notify };
  expect(() => joinPieces(twice)).toThrow('The key MAIL_PORT is declared by "notify" and by "audit"');
});

test.each([
  [z.boolean(), 'boolean', 'true or false'],
  [z.int(), 'integer', 'whole number'],
  [z.number().min(0.5), 'number', 'number, 0.5 or more'],
  [z.string().transform(Number), 'text', 'text'],
  [z.enum(['a', 'b']), 'text', 'one of a, b'],
  [z.array(z.string()), 'list', 'list of text'],
  [z.record(z.string(), z.unknown()), 'object', 'map'],
  [oneOrMany(), 'any', 'text or list of text'],
  [durationMs(), 'duration', 'duration'],
  [sizeBytes(), 'size', 'size'],
  [secret(), 'text', 'secret text'],
])('a schema tells what it takes (%#)', (schema, family, text) => {
  expect(describeSchema(schema)).toEqual({ family, text });
});
