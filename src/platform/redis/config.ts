import { z } from 'zod';
import { anyCase, type ConfigRule, defineConfig, Secret } from '../config/index.ts';

const SSL_KEYS = new Set(['ssl', 'ssl_ca_certs', 'ssl_certfile', 'ssl_keyfile', 'ssl_cert_reqs', 'ssl_check_hostname']);

/** A password may look like a number to YAML. */
const password = () =>
  z.union([z.string().min(1), z.number()], { error: 'write a text' }).transform((value) => new Secret(String(value)));

const path = () => z.string().startsWith('/', 'write an absolute path');

/** Where a Redis is; the fields are those of Quay. What tunes Quay's own client is taken without effect. */
function redisAddress() {
  return anyCase({
    host: z.string({ error: 'name the host of the Redis' }).min(1, 'name the host of the Redis'),
    port: z.int().min(1).max(65_535).default(6379),
    username: z.string().min(1).optional(),
    password: password().optional(),
    db: z.int().min(0).max(1023).default(0),
    ssl: z.boolean().default(false),
    ssl_ca_certs: path().optional(),
    ssl_certfile: path().optional(),
    ssl_keyfile: path().optional(),
    ssl_cert_reqs: z.enum(['required', 'optional', 'none']).default('required'),
    ssl_check_hostname: z.boolean().default(true),
  }).superRefine((value, context) => {
    for (const key of Object.keys(value)) {
      if (!key.toLowerCase().startsWith('ssl') || SSL_KEYS.has(key)) continue;
      const message = 'There is no such setting of TLS to a Redis, and it must not be passed over';
      context.addIssue({ code: 'custom', path: [key], message });
    }
    if ((value.ssl_certfile === undefined) !== (value.ssl_keyfile === undefined)) {
      const message = 'A client certificate needs both ssl_certfile and ssl_keyfile';
      context.addIssue({ code: 'custom', path: ['ssl_certfile'], message });
    }
  });
}

export type RedisAddress = z.output<ReturnType<typeof redisAddress>>;

/** The keys that name a Redis. BUILDLOGS_REDIS and PULL_METRICS_REDIS belong to what is not built yet, or needs no Redis here. */
export const redisConfig = defineConfig({
  USER_EVENTS_REDIS: {
    schema: redisAddress(),
    description:
      'The Redis that nodes share: hints of changes, counts of failed sign-ins, cache. Fields host, port, username, password, db, ssl, ssl_*. Default: none, everything in the process',
    quayDefault: { host: 'localhost' },
  },
  DATA_MODEL_CACHE_CONFIG: {
    schema: anyCase({
      engine: z.enum(['noop', 'inmemory', 'memcached', 'redis', 'rediscluster']),
      redis_config: anyCase({ primary: redisAddress().optional() }).optional(),
    }),
    description:
      'Where what can be had again is kept for a while: {engine: inmemory}, noop, or redis with redis_config.primary, which then is the Redis that nodes share in place of USER_EVENTS_REDIS. memcached and rediscluster: kept in the process',
    quayDefault: { engine: 'memcached' },
  },
});

export const redisRules: readonly ConfigRule<typeof redisConfig>[] = [
  {
    key: 'DATA_MODEL_CACHE_CONFIG',
    check: ({ DATA_MODEL_CACHE_CONFIG: cache }) =>
      cache?.engine === 'redis' && cache.redis_config?.primary === undefined
        ? 'The engine redis needs redis_config.primary with the host of the Redis'
        : undefined,
  },
];
