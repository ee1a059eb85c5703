import { isFilled, type KeyTopic } from './key-topic.ts';
import { ANY, BOOLEAN, choice, either, INTEGER, listOf, NUMBER, object, REDIS, SECRET, TEXT } from './key-type.ts';

const cacheLife = either(TEXT, INTEGER);

export const databaseKeys: KeyTopic = {
  title: 'Database, cache and Redis',
  owner: 'platform/db',
  keys: {
    DB_URI: { type: SECRET, quay: 'required', meaning: 'The database and who opens it' },
    DB_CONNECTION_ARGS: {
      type: object({
        threadlocals: BOOLEAN,
        autorollback: BOOLEAN,
        ssl: object({ ca: TEXT }),
        sslmode: choice('disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'),
        sslrootcert: TEXT,
        sslcert: TEXT,
        sslkey: TEXT,
        sslcrl: TEXT,
        sslcompression: either(BOOLEAN, INTEGER),
        sslsni: either(BOOLEAN, INTEGER),
        ssl_min_protocol_version: TEXT,
        ssl_max_protocol_version: TEXT,
        keepalives: INTEGER,
        keepalives_idle: INTEGER,
        keepalives_interval: INTEGER,
        keepalives_count: INTEGER,
        tcp_user_timeout: INTEGER,
      }),
      quay: { threadlocals: true, autorollback: true },
      meaning: 'How the database is connected to: TLS, keep-alive; threadlocals and autorollback mean nothing here',
      stopsStart: { when: asksForTls },
    },
    DB_CONNECTION_POOLING: {
      type: BOOLEAN,
      obsolete: true,
      meaning: 'Quay kept connections open; so it is here always',
    },
    DB_READ_REPLICAS: {
      type: { ...listOf(object({ DB_URI: SECRET })), secret: true },
      meaning: 'Copies of the database that answer reads',
    },
    DB_TRANSACTION_FACTORY: { type: ANY, obsolete: true, meaning: 'A function inside Quay' },
    DATABASE_SECRET_KEY: { type: SECRET, owner: 'platform/crypto', meaning: 'Encrypts secret columns of the database' },
    SECRET_KEY: {
      type: SECRET,
      owner: 'platform/crypto',
      meaning: 'Protects sessions, forms and encrypted passwords',
    },
    PAGE_TOKEN_KEY: {
      type: SECRET,
      quay: '(built in)',
      owner: 'web-api',
      meaning: 'Encrypts the marks that pages of lists end with',
    },
    DATA_MODEL_CACHE_CONFIG: {
      type: object({
        engine: choice('noop', 'inmemory', 'memcached', 'redis', 'rediscluster'),
        endpoint: ANY,
        timeout: NUMBER,
        connect_timeout: NUMBER,
        predisconnect_from_db: BOOLEAN,
        redis_config: ANY,
        value_size_limit: ANY,
        repository_blob_cache_ttl: cacheLife,
        catalog_page_cache_ttl: cacheLife,
        active_repo_tags_cache_ttl: cacheLife,
        security_report_cache_ttl: cacheLife,
        repository_lookup_cache_ttl: cacheLife,
        repository_manifest_cache_ttl: cacheLife,
        manifest_referrers_cache_ttl: cacheLife,
      }),
      quay: '(built in)',
      owner: 'platform/redis',
      meaning: 'Where answers of the database are kept for a while, and how long',
    },
    BUILDLOGS_REDIS: {
      type: REDIS,
      quay: { host: 'localhost' },
      owner: 'platform/redis',
      meaning: 'Redis for the logs of running builds',
    },
    BUILDLOGS_REDIS_HOSTNAME: { type: TEXT, obsolete: true, meaning: 'Older form of BUILDLOGS_REDIS' },
    BUILDLOGS_OPTIONS: { type: ANY, quay: [], obsolete: true, meaning: 'Arguments of a class inside Quay' },
    BUILDLOGS_MODULE_AND_CLASS: { type: ANY, obsolete: true, meaning: 'A class inside Quay' },
    USER_EVENTS_REDIS: {
      type: REDIS,
      quay: { host: 'localhost' },
      owner: 'platform/redis',
      meaning: 'Redis by which nodes and pages hear of changes',
    },
    USER_EVENTS_REDIS_HOSTNAME: { type: TEXT, obsolete: true, meaning: 'Older form of USER_EVENTS_REDIS' },
    PULL_METRICS_REDIS: {
      type: REDIS,
      quay: { host: 'localhost', db: 1 },
      owner: 'platform/redis',
      meaning: 'Redis that counts pulls',
    },
    PULL_METRICS_REDIS_HOSTNAME: { type: TEXT, obsolete: true, meaning: 'Older form of PULL_METRICS_REDIS' },
    REDIS_CONNECTION_TIMEOUT: {
      type: INTEGER,
      unit: 'seconds',
      quay: 5,
      owner: 'platform/redis',
      meaning: 'How long connecting to the Redis for pull counts may take',
    },
    QUEUE_CLEANUP_FREQUENCY: {
      type: INTEGER,
      unit: 'seconds',
      quay: 86_400,
      owner: 'platform/queue',
      meaning: 'How often finished jobs are removed',
    },
    ...queueNames(
      'NOTIFICATION_QUEUE_NAME',
      'DOCKERFILE_BUILD_QUEUE_NAME',
      'REPLICATION_QUEUE_NAME',
      'CHUNK_CLEANUP_QUEUE_NAME',
      'NAMESPACE_GC_QUEUE_NAME',
      'REPOSITORY_GC_QUEUE_NAME',
      'EXPORT_ACTION_LOGS_QUEUE_NAME',
      'SECSCAN_V4_NOTIFICATION_QUEUE_NAME',
      'PROXY_CACHE_BLOB_QUEUE_NAME',
    ),
  },
};

function queueNames(...names: readonly string[]): KeyTopic['keys'] {
  const row = { type: TEXT, obsolete: true, meaning: 'Name of a queue inside Quay' } as const;
  return Object.fromEntries(names.map((name) => [name, row]));
}

function asksForTls(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, part]) => name.toLowerCase().startsWith('ssl') && isFilled(part));
}
