import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { RedisOptions } from 'ioredis';
import type { RedisAddress } from './config.ts';
import type { NamedRedis } from './choose-redis.ts';

const CONNECT_MS = 5000;
/** A Redis that needs longer than this is of no use to whoever waits. */
const COMMAND_MS = 500;
const RECONNECT_FIRST_MS = 100;
const RECONNECT_MAX_MS = 10_000;

/**
 * How to connect: with time-outs for everything, commands refused instead of queued while there is no connection, and again and
 * again, 100 ms to 10 s apart. Errors: a certificate or key file that cannot be read, by the name of its field.
 */
export async function connectOptions({ key, address }: NamedRedis): Promise<Omit<RedisOptions, 'replyMapping'>> {
  const tls = address.ssl ? await tlsOptions(key, address) : undefined;
  return {
    host: address.host,
    port: address.port,
    db: address.db,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password.reveal() }),
    ...(tls === undefined ? {} : { tls }),
    connectionName: 'gantry',
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    keepAlive: 10_000,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(RECONNECT_MAX_MS, RECONNECT_FIRST_MS * 2 ** Math.min(times - 1, 10)),
    // After a fail-over the old primary is a replica: connecting again finds the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

async function tlsOptions(key: string, address: RedisAddress): Promise<NonNullable<RedisOptions['tls']>> {
  const read = async (field: 'ssl_ca_certs' | 'ssl_certfile' | 'ssl_keyfile'): Promise<Buffer | undefined> => {
    const file = address[field];
    if (file === undefined) return undefined;
    try {
      return await readFile(file);
    } catch (cause) {
      throw new Error(`The file "${file}" of ${key}.${field} cannot be read; check its path and who may read it`, {
        cause,
      });
    }
  };
  const [ca, cert, clientKey] = await Promise.all([read('ssl_ca_certs'), read('ssl_certfile'), read('ssl_keyfile')]);
  return {
    // An address is checked as it is (RFC 6066 §3 allows no address as a server name).
    ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
    rejectUnauthorized: address.ssl_cert_reqs !== 'none',
    ...(address.ssl_check_hostname ? {} : { checkServerIdentity: () => undefined }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(clientKey === undefined ? {} : { key: clientKey }),
  };
}
