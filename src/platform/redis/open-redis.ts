import type { Redis } from 'ioredis';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../log/index.ts';
import type { NamedRedis } from './choose-redis.ts';
import { connectOptions } from './connect-options.ts';
import { explainFailure } from './explain-failure.ts';

/** How often a connection is asked for a sign of life: one that the network has dropped says nothing by itself. */
const PING_MS = 5000;

/** When an attempt is made again that could not be begun. */
const AGAIN_MS = 10_000;

/** Hears what comes over a channel, and when that begins and ends. */
export interface ChannelListener {
  readonly onMessage: (text: string) => void;
  /** `true`: from now on nothing is missed. */
  readonly onListening: (listening: boolean) => void;
}

/** The connections to a Redis that may come and go. */
export interface RedisConnection {
  /** Runs commands. Rejects at once while there is no connection, and 500 ms after a command that is not answered. */
  run<T>(commands: (redis: Redis) => Promise<T>): Promise<T>;
  /** Listens to a channel on a connection of its own until `close`. */
  listen(channel: string, listener: ChannelListener): void;
  /** Whether the Redis answered when it was last asked, at most five seconds ago. Asks nothing itself. */
  readonly healthy: () => boolean;
  close(): Promise<void>;
}

/**
 * Connects in the background, again and again; the library is only loaded here. Nobody waits for it: until there is a connection,
 * and when it is lost, everything is refused at once and the callers go on by themselves. Each outage is logged once.
 */
export function openRedis(named: NamedRedis, ports: { readonly clock: Clock; readonly log: Logger }): RedisConnection {
  return new Connection(named, ports);
}

class Connection implements RedisConnection {
  readonly #named: NamedRedis;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #clients = new Set<Redis>();
  #commands: Redis | undefined;
  #cancelPing = (): void => undefined;
  #answers = false;
  #isClosed = false;
  /** What the current outage was told with; undefined: there is none. */
  #told: string | undefined;

  constructor(named: NamedRedis, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#named = named;
    this.#clock = clock;
    this.#log = log;
    void this.#connect((client) => {
      this.#commands = client;
      client.on('ready', () => this.#ready(client));
      client.on('close', () => this.#lost());
    });
  }

  async run<T>(commands: (redis: Redis) => Promise<T>): Promise<T> {
    const client = this.#commands;
    if (client?.status !== 'ready') throw new Error('There is no connection to the Redis');
    try {
      return await commands(client);
    } catch (error) {
      // A refused command, unlike a lost connection, has not been told yet.
      if (error instanceof Error && error.name === 'ReplyError') this.#tell(error);
      throw error;
    }
  }

  listen(channel: string, { onMessage, onListening }: ChannelListener): void {
    void this.#connect((client) => {
      client.on('message', (_channel, text) => onMessage(text));
      client.on('close', () => onListening(false));
      client.on('ready', () => {
        client.subscribe(channel).then(
          () => onListening(true),
          // Begins anew, with the usual pauses.
          () => client.disconnect(true),
        );
      });
    });
  }

  readonly healthy = (): boolean => this.#answers && this.#commands?.status === 'ready';

  close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelPing();
    for (const client of this.#clients) client.disconnect();
    return Promise.resolve();
  }

  async #connect(attach: (client: Redis) => void): Promise<void> {
    try {
      const [{ Redis: Client }, options] = await Promise.all([import('ioredis'), connectOptions(this.#named)]);
      if (this.#isClosed) return;
      const client = new Client(options);
      this.#clients.add(client);
      client.on('error', (error) => this.#tell(error));
      attach(client);
      client.connect().catch((error: unknown) => this.#tell(error));
    } catch (error) {
      this.#tell(error);
      // Not even tried: a file could not be read.
      if (!this.#isClosed) this.#clock.after(AGAIN_MS, () => void this.#connect(attach));
    }
  }

  #ready(client: Redis): void {
    this.#answers = true;
    if (this.#told !== undefined) this.#log.info(`The Redis of ${this.#named.key} answers again`);
    this.#told = undefined;
    this.#watch(client);
  }

  #lost(): void {
    this.#answers = false;
    this.#cancelPing();
    if (!this.#isClosed) this.#tell(new Error('The connection was closed'));
  }

  #watch(client: Redis): void {
    this.#cancelPing();
    this.#cancelPing = this.#clock.after(PING_MS, () => void this.#ping(client));
  }

  async #ping(client: Redis): Promise<void> {
    try {
      await client.ping();
      this.#answers = true;
      if (client.status === 'ready') this.#watch(client);
    } catch {
      this.#answers = false;
      client.disconnect(true);
    }
  }

  #tell(error: unknown): void {
    if (this.#isClosed || this.#told !== undefined) return;
    this.#told = explainFailure(this.#named, error);
    // Without the error itself: the library's carry the command that was refused, with the password.
    this.#log.warn(`${this.#told}. Going on without it; trying again in the background`);
  }
}
