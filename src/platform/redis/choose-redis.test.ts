import { expect, test } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { chooseRedis, redisConfig, redisRules } from './index.ts';

const load = (text: string) =>
  chooseRedis(loadConfig({ fields: redisConfig, rules: redisRules, file: { name: 'config.yaml', text } }).values);
const CACHE = 'DATA_MODEL_CACHE_CONFIG: {engine: redis, redis_config: {primary: {host: cache, port: 6380}}}';

test('without a key there is no Redis', () => {
  expect(load('')).toEqual({ shared: undefined, cache: 'process', notes: [] });
});

test('USER_EVENTS_REDIS is shared, in either spelling of its fields', () => {
  const written = load('USER_EVENTS_REDIS: {HOST: events, PASSWORD: 12345, PORT: 6390}');
  expect(written.shared?.key).toBe('USER_EVENTS_REDIS');
  expect(written.shared?.address).toMatchObject({ host: 'events', port: 6390, db: 0, ssl: false });
  expect(written.shared?.address.password?.reveal()).toBe('12345');
  expect(written.cache).toBe('redis');
  expect(load('USER_EVENTS_REDIS: {host: events, db: 2}').shared?.address).toMatchObject({ port: 6379, db: 2 });
});

test('the primary of the cache is shared in its place', () => {
  expect(load(`${CACHE}\nUSER_EVENTS_REDIS: {host: events}`)).toMatchObject({
    shared: { key: 'DATA_MODEL_CACHE_CONFIG.redis_config.primary', address: { host: 'cache', port: 6380 } },
    cache: 'redis',
  });
});

test.each([
  ['noop', 'none', 0],
  ['inmemory', 'process', 0],
  ['memcached', 'process', 1],
  ['rediscluster', 'process', 1],
])('with the engine %s the cache is kept in: %s', (engine, cache, notes) => {
  const chosen = load(`DATA_MODEL_CACHE_CONFIG: {engine: ${engine}}\nUSER_EVENTS_REDIS: {host: events}`);
  expect(chosen).toMatchObject({ cache, shared: { key: 'USER_EVENTS_REDIS' } });
  expect(chosen.notes).toHaveLength(notes);
});

test.each([
  ['USER_EVENTS_REDIS: {port: 6379}', 'USER_EVENTS_REDIS.host: name the host'],
  ['USER_EVENTS_REDIS: redis', 'USER_EVENTS_REDIS'],
  ['USER_EVENTS_REDIS: {host: x, port: 70000}', 'USER_EVENTS_REDIS.port'],
  ['USER_EVENTS_REDIS: {host: x, ssl_sni: y}', 'must not be passed over'],
  ['USER_EVENTS_REDIS: {host: x, ssl_certfile: /c}', 'needs both ssl_certfile and ssl_keyfile'],
  ['USER_EVENTS_REDIS: {host: x, ssl_ca_certs: ca.pem}', 'absolute path'],
  ['DATA_MODEL_CACHE_CONFIG: {engine: redis}', 'needs redis_config.primary'],
  ['DATA_MODEL_CACHE_CONFIG: {engine: mysql}', 'DATA_MODEL_CACHE_CONFIG.engine'],
])('%s stops the start', (text, message) => {
  expect(() => load(text)).toThrow(message);
});

test('fields that tune the client of Quay are taken without effect', () => {
  expect(load('USER_EVENTS_REDIS: {host: x, socket_timeout: 5}').shared?.address.host).toBe('x');
});
