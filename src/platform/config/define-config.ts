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
}

export type ConfigFields = Readonly<Record<string, ConfigField>>;

/** The values of some fields, ready for use. */
export type ConfigValues<F extends ConfigFields> = {
  readonly [K in keyof F]: F[K] extends { readonly default: unknown }
    ? z.output<F[K]['schema']>
    : z.output<F[K]['schema']> | undefined;
};

/**
 * Declares the keys of a slice, each under its name in the file. Pieces are joined by spreading them:
 * `defineConfig({ ...registryConfig, ...catalogConfig })`.
 */
export function defineConfig<const F extends ConfigFields>(fields: F): F {
  return fields;
}

/** A combination of values that cannot work. */
export interface ConfigRule<F extends ConfigFields = ConfigFields> {
  /** The key whose line the problem is shown with. */
  readonly key: keyof F & string;
  /** @returns what is wrong and what to do, or undefined. */
  readonly check: (values: ConfigValues<F>) => string | undefined;
}
