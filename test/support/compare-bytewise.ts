/** Orders text by its UTF-8 bytes, as the databases do; JavaScript's own order differs beyond U+FFFF. */
export function compareBytewise(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
