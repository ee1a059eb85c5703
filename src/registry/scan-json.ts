/** Real manifests nest six deep; the bound keeps readers that recurse out of trouble. */
const DEPTH_MAX = 100;
/** Objects, lists and keys together. The longest list of layers there may be has half of it; parsing costs time for each. */
const PARTS_MAX = 200_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_OBJECT = 0x7b;
const CLOSING_OBJECT = 0x7d;
const OPENING_LIST = 0x5b;
const CLOSING_LIST = 0x5d;
const COLON = 0x3a;
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Says why a JSON document must not be read although it may be valid: it nests too deep, has too many parts, or an object in
 * it has a key twice. Readers disagree on which of two equal keys counts, so a repeated `mediaType` or `digest` would be one
 * manifest to a scanner and another one to a client. Meant to be asked before the document is parsed, as it costs little and
 * stops at the first fault; of text that is no JSON it may say anything.
 * @returns undefined when there is nothing against it.
 */
export function findJsonFault(text: string): string | undefined {
  /** The keys of each object that is open; of a list, undefined. */
  const open: (Set<string> | undefined)[] = [];
  let parts = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = stringEnd(text, at);
      if (isKey(text, end + 1)) {
        parts++;
        const key = readKey(text.slice(at, end + 1));
        const seen = open.at(-1);
        if (seen?.has(key) === true) return `"${key.slice(0, 80)}" stands twice in one object`;
        seen?.add(key);
      }
      at = end;
    } else if (code === OPENING_OBJECT || code === OPENING_LIST) {
      parts++;
      open.push(code === OPENING_OBJECT ? new Set() : undefined);
      if (open.length > DEPTH_MAX) return `it nests deeper than ${DEPTH_MAX}`;
    } else if (code === CLOSING_OBJECT || code === CLOSING_LIST) open.pop();
    if (parts > PARTS_MAX) return `it has more than ${PARTS_MAX} objects, lists and keys`;
  }
  return undefined;
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

function readKey(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return String(JSON.parse(literal));
  } catch {
    // Parsing the document will tell what is wrong with it.
    return literal;
  }
}
