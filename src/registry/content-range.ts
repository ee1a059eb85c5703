/** The place of a chunk in its upload; both ends inclusive, in bytes. */
export interface ChunkRange {
  readonly first: number;
  readonly last: number;
}

const FORM = /^(?:bytes[ =])?([0-9]{1,15})-([0-9]{1,15})(?:\/(?:[0-9]{1,15}|\*))?$/;

/**
 * Parses the `Content-Range` of a chunk: `<first>-<last>` (distribution-spec "Pushing a blob in chunks"). The form with unit
 * and total of RFC 9110 §14.4 is understood too.
 * @returns undefined when malformed or when the range ends before it begins.
 */
export function parseContentRange(text: string): ChunkRange | undefined {
  const match = FORM.exec(text.trim());
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2]);
  return last < first ? undefined : { first, last };
}

/**
 * The `Range` header that tells how much of an upload is stored. The specification knows no form for "nothing yet";
 * `0-0` is what existing registries send and clients expect.
 */
export function formatUploadRange(sizeBytes: number): string {
  return `0-${Math.max(sizeBytes - 1, 0)}`;
}
