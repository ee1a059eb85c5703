import type { z } from 'zod';

/** One key of the configuration file. */
export interface ConfigField<S extends z.ZodType = z.ZodType> {
  /** Checks the value as it stands in the file and turns it into the one that the code uses. */
  readonly schema: S;
  /** As one would write it in the file; a key without it is not set by default. */
  readonly default?: unknown;
  /** One sentence for the manual. */
  readonly description: string;
  /** Unit of a bare number, e.g. `seconds`. */
  readonly unit?: string;
  /** Quay's default where ours differs. */
  readonly quayDefault?: unknown;
  /** Whether a change takes effect at once (`live`) or at the next start, which is the rule. */
  readonly reload?: 'live' | 'restart';
  /** Quay has no such key. */
  readonly ours?: true;
}

export type ConfigFields = Readonly<Record<string, ConfigField>>;

/** The values of some fields, ready for use. */
export type ConfigValues<F extends ConfigFields> = {
  readonly [K in keyof F]: F[K] extends { readonly default: unknown }
    ? z.output<F[K]['schema']>
    : z.output<F[K]['schema']> | undefined;
};

/**
 * Declares the keys of a slice, each under its name in the file. {@link joinPieces} puts the pieces together.
 */
export function defineConfig<const F extends ConfigFields>(fields: F): F {
  return fields;
}

/** The pieces of the slices, each under the name of its owner. */
export type ConfigPieces = Readonly<Record<string, ConfigFields>>;

type Intersection<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void ? I : never;

/** The fields of all pieces. */
export type JoinedFields<P extends ConfigPieces> = {
  readonly [K in keyof Intersection<P[keyof P]>]: Intersection<P[keyof P]>[K] extends ConfigField
    ? Intersection<P[keyof P]>[K]
    : never;
};

/** Puts the pieces together. @throws Error when two of them declare the same key. */
export function joinPieces<const P extends ConfigPieces>(pieces: P): JoinedFields<P> {
  const owners = new Map<string, string>();
  for (const [owner, fields] of Object.entries(pieces)) {
    for (const key of Object.keys(fields)) {
      const other = owners.get(key);
      if (other !== undefined) throw new Error(`The key ${key} is declared by "${other}" and by "${owner}"`);
      owners.set(key, owner);
    }
  }
  return Object.assign({}, ...Object.values(pieces)) as JoinedFields<P>;
}

/** A combination of values that cannot work. */
export interface ConfigRule<F extends ConfigFields = ConfigFields> {
  /** The key whose line the problem is shown with. */
  readonly key: keyof F & string;
  /** @returns what is wrong and what to do, or undefined. */
  readonly check: (values: ConfigValues<F>) => string | undefined;
}
