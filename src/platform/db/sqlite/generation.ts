import type { DatabaseSync, StatementSync } from 'node:sqlite';

/**
 * Numbers the states of the database that a connection sees. SQLite is asked once in each turn of the event loop, and again
 * after a commit of our own: asking costs as much as a small read.
 */
export class Generation {
  readonly #version: StatementSync;
  #seen: unknown;
  #current = 0;
  #isFresh = false;

  /** @param connection one that writes nothing itself: it is not told of its own changes. */
  constructor(connection: DatabaseSync) {
    this.#version = connection.prepare('PRAGMA data_version');
  }

  current(): number {
    if (this.#isFresh) return this.#current;
    const seen = this.#version.get()?.['data_version'];
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#current += 1;
    }
    this.#isFresh = true;
    setImmediate(this.committed);
    return this.#current;
  }

  /** Something was committed, or may have been. */
  readonly committed = (): void => {
    this.#isFresh = false;
  };
}
