import { z } from 'zod';
import { parseDuration, parseSize } from './quantities.ts';
import { Secret } from './secret.ts';

/** A duration like `30m` or `2w`, in milliseconds. */
export function durationMs() {
  return parsed(parseDuration, 'write a duration like "30s", "10m", "12h", "2d" or "4w"').meta({
    quantity: 'duration',
  });
}

/** A size like `20G` or `512M`, in bytes. */
export function sizeBytes() {
  return parsed(parseSize, 'write a size like "512M" or "20G"').meta({ quantity: 'size' });
}

/** A text that is never printed or logged. */
export function secret() {
  return z
    .string()
    .min(1)
    .transform((text) => new Secret(text))
    .meta({ secret: true });
}

/** One text or a list of them, as a list. */
export function oneOrMany() {
  return z.union([z.string(), z.array(z.string())]).transform((value) => (typeof value === 'string' ? [value] : value));
}

/**
 * An object whose fields may be written in any case, as some of Quay's manuals print them (`HOST`, `consumer_key`). Values come
 * out under the names of the shape; fields that it does not have are kept.
 */
export function anyCase<const S extends z.ZodRawShape>(shape: S) {
  const names = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]));
  return z.preprocess(
    (value, context) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      // Without a prototype, so that a field named `__proto__` is a field.
      const renamed = Object.create(null) as Record<string, unknown>;
      for (const [written, part] of Object.entries(value)) {
        const name = names.get(written.toLowerCase()) ?? written;
        if (name in renamed) {
          const message = `This is there twice, for upper and lower case mean the same; keep one`;
          context.addIssue({ code: 'custom', path: [written], message });
        } else renamed[name] = part;
      }
      return renamed;
    },
    z.looseObject(shape, { error: 'write {name: value}' }),
  );
}

function parsed(parse: (text: string) => number | undefined, hint: string) {
  return z.union([z.string(), z.number()], { error: hint }).transform((value, context) => {
    const result = parse(String(value));
    if (result !== undefined) return result;
    context.addIssue({ code: 'custom', message: hint });
    return z.NEVER;
  });
}
