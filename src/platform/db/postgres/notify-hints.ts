import type { Client } from 'pg';
import type { Clock } from '../../../kernel/clock.ts';
import { HintListeners, type Hints } from '../../hints/index.ts';
import type { Logger } from '../../log/index.ts';
import { planConnection, type PostgresConnection } from './connection-plan.ts';
import { openClient } from './open-pool.ts';

const CHANNEL = 'gantry_hints';
/** A connection that is silently dead shows within this time. */
const SIGN_OF_LIFE_MS = 5000;
const RECONNECT_FIRST_MS = 100;
const RECONNECT_MAX_MS = 5000;
/** How often listeners are called while no hint can arrive. */
const BLIND_MS = 1000;

export interface NotifyHintsOptions {
  readonly connection: PostgresConnection;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'info'>;
}

/**
 * Carries hints between nodes by `LISTEN` and `NOTIFY` on a connection of its own, which is made anew when it breaks. Resolves
 * when it listens, or could not at first.
 */
export async function createNotifyHints(options: NotifyHintsOptions): Promise<Hints> {
  const hints = new NotifyHints(options);
  await hints.open();
  return hints;
}

class NotifyHints implements Hints {
  readonly #options: NotifyHintsOptions;
  readonly #listeners = new HintListeners();
  #client: Client | undefined;
  #cancel = (): void => undefined;
  #cancelBlind = (): void => undefined;
  #pauseMs = RECONNECT_FIRST_MS;
  #isClosed = false;

  constructor(options: NotifyHintsOptions) {
    this.#options = options;
  }

  tell(topic: string, detail?: string): void {
    this.#listeners.call(topic, detail);
    const payload = JSON.stringify(detail === undefined ? { topic } : { topic, detail });
    // Without a connection the others are blind as well, or lose one hint.
    this.#client?.query('SELECT pg_notify($1, $2)', [CHANNEL, payload]).catch(() => undefined);
  }

  onHint(topic: string, listener: (detail: string | undefined) => void): () => void {
    return this.#listeners.add(topic, listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    this.#cancelBlind();
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async open(): Promise<void> {
    try {
      const client = await openClient(planConnection(this.#options.connection));
      client.on('notification', ({ processId, payload }) => {
        // Our own have been heard when they were told.
        if (processId !== processIdOf(client)) this.#heard(payload ?? '');
      });
      client.once('error', () => this.#lost(client));
      client.once('end', () => this.#lost(client));
      await client.query(`LISTEN ${CHANNEL}`);
      this.#listen(client);
    } catch (error) {
      this.#reconnect(error);
    }
  }

  #listen(client: Client): void {
    if (this.#isClosed) return void client.end().catch(() => undefined);
    this.#client = client;
    this.#pauseMs = RECONNECT_FIRST_MS;
    this.#cancelBlind();
    this.#listeners.callAll();
    this.#watch(client);
  }

  /** Asks for a sign of life now and then: a connection that the network has dropped says nothing by itself. */
  #watch(client: Client): void {
    const { clock } = this.#options;
    this.#cancel = clock.after(SIGN_OF_LIFE_MS, () => {
      this.#cancel = clock.after(SIGN_OF_LIFE_MS, () => this.#lost(client));
      client.query('SELECT 1').then(
        () => this.#isAlive(client),
        () => this.#lost(client),
      );
    });
  }

  #isAlive(client: Client): void {
    if (this.#client !== client) return;
    this.#cancel();
    this.#watch(client);
  }

  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#cancel();
    void client.end().catch(() => undefined);
    this.#reconnect(new Error('The connection was lost'));
  }

  #reconnect(error: unknown): void {
    if (this.#isClosed) return;
    const isFirst = this.#pauseMs === RECONNECT_FIRST_MS;
    if (isFirst) {
      this.#options.log.warn({ err: error }, 'No word from other nodes; what is remembered is read again every second');
      this.#blind();
    }
    this.#cancel = this.#options.clock.after(this.#pauseMs, () => void this.open());
    this.#pauseMs = Math.min(this.#pauseMs * 2, RECONNECT_MAX_MS);
  }

  #blind(): void {
    this.#listeners.callAll();
    this.#cancelBlind = this.#options.clock.after(BLIND_MS, () => this.#blind());
  }

  #heard(payload: string): void {
    const { topic, detail } = readPayload(payload);
    if (topic === undefined) this.#listeners.callAll();
    else this.#listeners.call(topic, detail);
  }
}

/** Whoever may connect to the database may notify, so nothing is taken for granted; what cannot be read means everything. */
function readPayload(payload: string): { topic?: string; detail?: string } {
  try {
    const value: unknown = JSON.parse(payload);
    if (typeof value !== 'object' || value === null || !('topic' in value) || typeof value.topic !== 'string')
      return {};
    const detail = 'detail' in value && typeof value.detail === 'string' ? { detail: value.detail } : {};
    return { topic: value.topic, ...detail };
  } catch {
    return {};
  }
}

function processIdOf(client: Client): number | undefined {
  return 'processID' in client && typeof client.processID === 'number' ? client.processID : undefined;
}
