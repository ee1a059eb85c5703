import { inspect } from 'node:util';

const SHOWN = '[redacted]';

/** A value that shows itself only when asked by name: printing, logging and JSON give a mark in its place. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
