import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { HintListeners, type Hints } from '../hints/index.ts';
import type { RedisConnection } from './open-redis.ts';

/** How often listeners are called while no hint can arrive. */
const BLIND_MS = 1000;

const MESSAGE = z.object({ from: z.string(), topic: z.string(), detail: z.string().optional() });

/**
 * Carries hints between nodes by publish and subscribe.
 * @param channel all nodes of one registry use the same
 */
export function createRedisHints(redis: RedisConnection, channel: string, clock: Clock): Hints {
  const listeners = new HintListeners();
  const from = randomUUID();
  let cancelBlind: (() => void) | undefined;
  let isClosed = false;

  function blind(): void {
    listeners.callAll();
    cancelBlind = clock.after(BLIND_MS, blind);
  }

  function see(): void {
    cancelBlind?.();
    cancelBlind = undefined;
    listeners.callAll();
  }

  redis.listen(channel, {
    onMessage(text) {
      const message = readMessage(text);
      if (isClosed || message?.from === from) return;
      if (message === undefined) listeners.callAll();
      else listeners.call(message.topic, message.detail);
    },
    onListening(listening) {
      if (isClosed) return;
      if (listening) see();
      else if (cancelBlind === undefined) blind();
    },
  });

  return {
    tell(topic, detail) {
      if (isClosed) return;
      listeners.call(topic, detail);
      // Without a connection the others are blind as well, or lose one hint.
      redis.run((client) => client.publish(channel, JSON.stringify({ from, topic, detail }))).catch(() => undefined);
    },
    onHint: (topic, listener) => listeners.add(topic, listener),
    close() {
      isClosed = true;
      cancelBlind?.();
      return Promise.resolve();
    },
  };
}

/** Whoever may use the Redis may publish, so nothing is taken for granted; undefined: it cannot be read. */
function readMessage(text: string): z.infer<typeof MESSAGE> | undefined {
  try {
    return MESSAGE.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
