export { checkRedis } from './check-redis.ts';
export { chooseRedis, type NamedRedis, type RedisSettings } from './choose-redis.ts';
export { redisConfig, redisRules } from './config.ts';
export { openRedis, type RedisConnection } from './open-redis.ts';
export { createRedisCache } from './redis-cache.ts';
export { createRedisCounters } from './redis-counters.ts';
export { createRedisHints } from './redis-hints.ts';
