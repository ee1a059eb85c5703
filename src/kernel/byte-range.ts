/** Bytes `first` to `last`, both included, counted from 0. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** What a `Range` header means for content of a known size. */
export type RangeRequest =
  | { readonly kind: 'whole' }
  /** Answered with 416 and `Content-Range: bytes *` + `/<size>`. */
  | { readonly kind: 'unsatisfiable' }
  /** At least one, within the content, in the order asked for, none overlapping or touching another. */
  | { readonly kind: 'parts'; readonly ranges: readonly [ByteRange, ...ByteRange[]] };

/** Ranges in one header; more is no reader's need but a way to make a server work (RFC 9110 §14.2). */
const RANGES_MAX = 64;
const HEADER_MAX = 4096;
const WHOLE: RangeRequest = { kind: 'whole' };

/**
 * Reads a `Range` header (RFC 9110 §14.1.2). A header that is malformed, of another unit, or asks for more ranges or bytes
 * than the whole has, is ignored, as the RFC wants it.
 * @param sizeBytes of the content
 */
export function parseByteRanges(header: string | undefined, sizeBytes: number): RangeRequest {
  if (header === undefined || header.length > HEADER_MAX || !/^bytes=/i.test(header)) return WHOLE;
  const specs = header.slice('bytes='.length).split(',');
  if (specs.length > RANGES_MAX) return WHOLE;
  const texts = specs.map((spec) => spec.trim()).filter((text) => text !== '');
  if (texts.length === 0) return WHOLE;
  const wanted: ByteRange[] = [];
  for (const text of texts) {
    const range = parseSpec(text, sizeBytes);
    if (range === undefined) return WHOLE;
    if (range.first < sizeBytes && range.last >= range.first) wanted.push(range);
  }
  const [head, ...rest] = coalesce(wanted);
  return head === undefined ? { kind: 'unsatisfiable' } : { kind: 'parts', ranges: [head, ...rest] };
}

/** undefined: malformed. A range that lies outside the content ends before it begins or begins at its end. */
function parseSpec(text: string, sizeBytes: number): ByteRange | undefined {
  const match = /^([0-9]{0,15})-([0-9]{0,15})$/.exec(text);
  if (match === null) return undefined;
  const [, from = '', to = ''] = match;
  if (from === '') {
    if (to === '') return undefined;
    return { first: Math.max(sizeBytes - Number(to), 0), last: Number(to) === 0 ? -1 : sizeBytes - 1 };
  }
  const first = Number(from);
  if (to === '') return { first, last: sizeBytes - 1 };
  const last = Number(to);
  return last < first ? undefined : { first, last: Math.min(last, sizeBytes - 1) };
}

/** Joins ranges that overlap or touch into the first of them, until none does. */
function coalesce(ranges: readonly ByteRange[]): ByteRange[] {
  let joined: ByteRange[] = [];
  for (const range of ranges) {
    let { first, last } = range;
    let place = joined.length;
    const apart: ByteRange[] = [];
    for (const other of joined) {
      if (other.first <= last + 1 && first <= other.last + 1) {
        first = Math.min(first, other.first);
        last = Math.max(last, other.last);
        place = Math.min(place, apart.length);
      } else apart.push(other);
    }
    apart.splice(Math.min(place, apart.length), 0, { first, last });
    joined = apart;
  }
  return joined;
}
