/**
 * Keeps texts that could be had again at a price. It may forget anything at any time and never fails: what cannot be reached is a
 * miss. What must not be seen late after a change is invalidated by `platform/hints` and has a short life besides.
 */
export interface Cache {
  get(key: string): Promise<string | undefined>;
  /** @param value up to {@link VALUE_MAX} characters; a longer one is not kept. */
  set(key: string, value: string, lifetimeMs: number): Promise<void>;
  delete(key: string): Promise<void>;
}

export const VALUE_MAX = 1024 * 1024;
