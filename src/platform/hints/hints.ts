/**
 * Word between the nodes of one registry that something has changed, so that what they remember of it is read again. Hints are
 * only that: one may be lost (a node dies between its commit and the word), so whoever remembers something also bounds the
 * time he does. Ports carry them within a second: the process itself, PostgreSQL, a Redis.
 */
export interface Hints {
  /**
   * Tells every node, this one included. After the commit of the change, never before. Returns at once, never throws.
   * @param topic who is to listen; a name of letters, digits and `_`, up to 40
   * @param detail what has changed, up to 500 bytes; default: anything of the topic may have
   */
  tell(topic: string, detail?: string): void;
  /**
   * Calls back for each hint of the topic, with undefined for the detail when anything may have changed: also when hints may
   * have been missed, and every second while none can arrive. The returned function ends it.
   */
  onHint(topic: string, listener: HintListener): () => void;
  close(): Promise<void>;
}

export type HintListener = (detail: string | undefined) => void;

/** The listeners of one process; what the carriers have in common. */
export class HintListeners {
  readonly #listeners = new Map<string, Set<HintListener>>();

  add(topic: string, listener: HintListener): () => void {
    const all = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, all);
    all.add(listener);
    return () => void all.delete(listener);
  }

  call(topic: string, detail: string | undefined): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener(detail);
  }

  /** Something may have been missed. */
  callAll(): void {
    for (const topic of this.#listeners.keys()) this.call(topic, undefined);
  }
}

/** For a registry that is one process. */
export function createLocalHints(): Hints {
  const listeners = new HintListeners();
  return {
    tell: (topic, detail) => listeners.call(topic, detail),
    onHint: (topic, listener) => listeners.add(topic, listener),
    close: () => Promise.resolve(),
  };
}
