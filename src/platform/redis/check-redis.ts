import type { NamedRedis } from './choose-redis.ts';
import { connectOptions } from './connect-options.ts';
import { explainFailure } from './explain-failure.ts';

/** Connects once and asks for a sign of life. @returns what is wrong and what to do; undefined: it answers. */
export async function checkRedis(named: NamedRedis): Promise<string | undefined> {
  try {
    const [{ Redis }, options] = await Promise.all([import('ioredis'), connectOptions(named)]);
    const client = new Redis({ ...options, retryStrategy: () => null });
    // `connect` says only that the connection was closed; the reason comes here.
    let reason: unknown;
    client.on('error', (error) => (reason ??= error));
    try {
      await client.connect();
      await client.ping();
    } catch (error) {
      throw reason ?? error;
    } finally {
      client.disconnect();
    }
    return reason === undefined ? undefined : explainFailure(named, reason);
  } catch (error) {
    return explainFailure(named, error);
  }
}
