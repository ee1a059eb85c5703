import { z } from 'zod';
import { parseDuration, parseSize } from './quantities.ts';
import { Secret } from './secret.ts';

/** A duration like `30m` or `2w`, in milliseconds. */
export function durationMs() {
  return parsed(parseDuration, 'write a duration like "30s", "10m", "12h", "2d" or "4w"');
}

/** A size like `20G` or `512M`, in bytes. */
export function sizeBytes() {
  return parsed(parseSize, 'write a size like "512M" or "20G"');
}

/** A text that is never printed or logged. */
export function secret() {
  return z
    .string()
    .min(1)
    .transform((text) => new Secret(text));
}

/** One text or a list of them, as a list. */
export function oneOrMany() {
  return z.union([z.string(), z.array(z.string())]).transform((value) => (typeof value === 'string' ? [value] : value));
}

function parsed(parse: (text: string) => number | undefined, hint: string) {
  return z.union([z.string(), z.number()], { error: hint }).transform((value, context) => {
    const result = parse(String(value));
    if (result !== undefined) return result;
    context.addIssue({ code: 'custom', message: hint });
    return z.NEVER;
  });
}
