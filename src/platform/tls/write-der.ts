/** What X.509 needs of the distinguished encoding rules (ITU-T X.690): each function returns one encoded value. */

const TAGS = { integer: 2, bitString: 3, octetString: 4, oid: 6, utf8: 12, utcTime: 23, generalizedTime: 24 } as const;

function encode(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), encodeLength(body.length), body]);
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = bigEndian(length);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

function bigEndian(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes;
}

export function sequence(...values: readonly Uint8Array[]): Buffer {
  return encode(0x30, ...values);
}

export function set(...values: readonly Uint8Array[]): Buffer {
  return encode(0x31, ...values);
}

/** A whole number that is not negative, from its bytes, the most significant first. */
export function integer(bytes: Uint8Array): Buffer {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const shortest = bytes.length === 0 ? Buffer.of(0) : bytes.subarray(from);
  // A leading one bit would make it negative.
  const padding = (shortest[0] ?? 0) >= 0x80 ? [Buffer.of(0)] : [];
  return encode(TAGS.integer, ...padding, shortest);
}

/** @param dotted like `2.5.4.3`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const groups = [part % 128];
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left % 128) | 0x80);
    return groups;
  });
  return encode(TAGS.oid, Buffer.from(bytes));
}

export function utf8String(text: string): Buffer {
  return encode(TAGS.utf8, Buffer.from(text, 'utf8'));
}

export function octetString(bytes: Uint8Array): Buffer {
  return encode(TAGS.octetString, bytes);
}

/** @param unusedBits at the end of the last byte. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return encode(TAGS.bitString, Buffer.of(unusedBits), bytes);
}

export function booleanTrue(): Buffer {
  return Buffer.of(1, 1, 0xff);
}

export function nullValue(): Buffer {
  return Buffer.of(5, 0);
}

/** To the second; RFC 5280 §4.1.2.5 wants the short form up to the year 2049. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const short = date.getUTCFullYear() < 2050;
  return encode(short ? TAGS.utcTime : TAGS.generalizedTime, Buffer.from(short ? digits.slice(2) : digits, 'ascii'));
}

/** A value with a tag that its place in the structure gives a meaning: `[number] EXPLICIT`. */
export function explicit(number: number, value: Uint8Array): Buffer {
  return encode(0xa0 | number, value);
}

/** Bare bytes with such a tag: `[number] IMPLICIT`. */
export function implicit(number: number, bytes: Uint8Array): Buffer {
  return encode(0x80 | number, bytes);
}

/**
 * The parts of a constructed value, each whole with its tag and length. For structures that were checked to be well-formed
 * before: of others the result is shorter, never wrong memory.
 */
export function partsOf(value: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const { contents } = measure(value, 0);
  let at = contents;
  while (at < value.length) {
    const { end } = measure(value, at);
    parts.push(value.subarray(at, end));
    at = end;
  }
  return parts;
}

function measure(bytes: Uint8Array, at: number): { contents: number; end: number } {
  const first = bytes[at + 1] ?? 0;
  if (first < 0x80) return { contents: at + 2, end: at + 2 + first };
  const count = first & 0x7f;
  let length = 0;
  for (let index = 0; index < count; index++) length = length * 256 + (bytes[at + 2 + index] ?? 0);
  return { contents: at + 2 + count, end: at + 2 + count + length };
}
