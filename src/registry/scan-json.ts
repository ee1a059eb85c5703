/** What plain JSON parsing does not tell about a document. */
export interface JsonShape {
  /** Deepest nesting of objects and arrays. */
  readonly depth: number;
  /** A key that the outermost object has twice, if any. */
  readonly duplicateKey: string | undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const COLON = 0x3a;
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Measures nesting and finds repeated keys of the outermost object. Readers disagree on which of two equal keys counts,
 * so a repeated `mediaType` or `layers` would be one manifest to a scanner and another one to a client.
 * @param text valid JSON
 */
export function scanJson(text: string): JsonShape {
  const seen = new Set<string>();
  let duplicateKey: string | undefined;
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = stringEnd(text, at);
      if (depth === 1 && isKey(text, end + 1)) {
        const key: unknown = JSON.parse(text.slice(at, end + 1));
        if (typeof key === 'string' && seen.has(key)) duplicateKey ??= key;
        else if (typeof key === 'string') seen.add(key);
      }
      at = end;
    } else if (OPENING.has(code)) {
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (CLOSING.has(code)) depth--;
  }
  return { depth: deepest, duplicateKey };
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function isKey(text: string, after: number): boolean {
  let at = after;
  while (SPACE.has(text.charCodeAt(at))) at++;
  return text.charCodeAt(at) === COLON;
}
