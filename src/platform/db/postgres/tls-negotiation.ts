import type { ConnectionOptions } from 'node:tls';
import { sqlState } from './connection-error.ts';
import type { SslMode } from '../connection-args.ts';

/** `pg_hba.conf` has no line for such a connection (or for this user at all). */
const NOT_LET_IN = '28000';
const NO_TLS_HERE = 'The server does not support SSL connections';

/**
 * Decides whether a connection is made with TLS. `prefer` and `allow` (libpq's meaning) try one way and, when the server
 * refuses it, the other; what the server has accepted is tried first from then on.
 */
export class TlsNegotiation {
  readonly mode: SslMode;
  readonly #options: ConnectionOptions;
  #useTls: boolean;

  constructor(mode: SslMode, options: ConnectionOptions) {
    this.mode = mode;
    this.#options = options;
    this.#useTls = mode !== 'disable' && mode !== 'allow';
  }

  /** For the next connection, as pg takes it. */
  get ssl(): ConnectionOptions | false {
    return this.#useTls ? { ...this.#options } : false;
  }

  /** Whether the server may speak both ways, so that a refusal of one is a reason to try the other. */
  get isOpen(): boolean {
    return this.mode === 'prefer' || this.mode === 'allow';
  }

  /**
   * To be told why a connection could not be made.
   * @param tried what {@link ssl} was for it
   * @returns whether the other way is to be tried now
   */
  refused(error: unknown, tried: ConnectionOptions | false): boolean {
    if (!this.isOpen || !(error instanceof Error)) return false;
    if (error.message !== NO_TLS_HERE && sqlState(error) !== NOT_LET_IN) return false;
    this.#useTls = tried === false;
    return true;
  }
}
