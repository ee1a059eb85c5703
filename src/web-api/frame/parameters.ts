import { z } from 'zod';

/** A parameter that is true or false in the words that Quay takes; anything else is false. */
export function flag(byDefault: boolean) {
  return z
    .stringbool({ truthy: ['true', '1', 'yes', 'on', 't', 'y'], falsy: ['false', '0', 'no', 'off', 'f', 'n', ''] })
    .catch(false)
    .default(byDefault)
    .meta({ type: 'boolean' });
}

/** A whole number between bounds. */
export function wholeNumber(bounds: { readonly min: number; readonly max: number; readonly byDefault: number }) {
  return z
    .string()
    .regex(/^-?\d{1,9}$/, 'write a whole number')
    .transform(Number)
    .pipe(z.int().min(bounds.min).max(bounds.max))
    .default(bounds.byDefault)
    .meta({ type: 'integer', minimum: bounds.min, maximum: bounds.max });
}
