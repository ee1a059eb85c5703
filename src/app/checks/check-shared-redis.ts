import { checkRedis, type RedisSettings } from '../../platform/redis/index.ts';
import type { ServiceFinding } from './service-finding.ts';

/** Whether the Redis that nodes share takes the connection, the password and a command. */
export async function checkSharedRedis({ shared }: RedisSettings): Promise<ServiceFinding> {
  const service = 'Redis';
  if (shared === undefined) return { service, outcome: 'untried', message: 'No Redis is named, and none is needed' };
  const fault = await checkRedis(shared);
  if (fault !== undefined) return { service, outcome: 'failed', message: fault };
  return { service, outcome: 'works', message: `${shared.key} ${shared.address.host}:${shared.address.port} answers` };
}
