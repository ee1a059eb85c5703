/** How the configuration as it is now stands to the one that the server runs with. */
export interface ConfigStanding {
  /** When this run began; ms since the epoch. */
  readonly startedAt: number;
  /** Keys that would have another value after a restart. */
  readonly changedKeys: readonly string[];
  /** Why the server could not start now; empty: it could. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** The process of the server, as superusers may deal with it. */
export interface ServerControl {
  /** Reads the configuration again and tries the services without which no server starts. Takes up to some seconds. */
  inspect(): Promise<ConfigStanding>;
  /** Has this run end as if it had been told to, and another begin in its place. Returns at once. */
  restart(): void;
}
