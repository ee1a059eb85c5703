const DURATION_UNITS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;
const SIZE_UNITS = { T: 1024 ** 4, G: 1024 ** 3, M: 1024 ** 2, K: 1024, '': 1 } as const;

/**
 * Parses a duration in Quay's form, `<number>(s|m|h|d|w)`, e.g. `2w`.
 * @returns milliseconds, or undefined when the text is malformed or the result is not a safe integer.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,15})([smhdw])$/.exec(text);
  return match === null ? undefined : product(match[1], DURATION_UNITS[match[2] as keyof typeof DURATION_UNITS]);
}

/** The shortest form that {@link parseDuration} reads back; milliseconds below a second are dropped. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000) * 1000;
  for (const [unit, size] of Object.entries(DURATION_UNITS)) {
    if (seconds !== 0 && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return '0s';
}

/**
 * Parses a size like `20G`: a whole number and K, M, G or T, which are powers of 1024; a bare number is bytes.
 * @returns bytes, or undefined when the text is malformed or the result is not a safe integer.
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,16})([KMGT]?)$/.exec(text);
  return match === null ? undefined : product(match[1], SIZE_UNITS[match[2] as keyof typeof SIZE_UNITS]);
}

/** The shortest form that {@link parseSize} reads back. */
export function formatSize(bytes: number): string {
  for (const [unit, size] of Object.entries(SIZE_UNITS)) {
    if (bytes !== 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return '0';
}

function product(digits: string | undefined, factor: number): number | undefined {
  const result = Number(digits) * factor;
  return Number.isSafeInteger(result) ? result : undefined;
}
