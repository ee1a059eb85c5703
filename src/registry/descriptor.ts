import { parseDigest, type Digest } from '../kernel/digest.ts';
import { AppError } from '../kernel/errors.ts';

/** A descriptor whose required fields have been checked (image-spec descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** Entries of one list in a manifest: far above anything seen, low enough to keep one transaction short. */
const ENTRIES_MAX = 10_000;
const FIELDS = ['mediaType', 'digest', 'size', 'annotations', 'artifactType', 'data', 'platform', 'urls'];

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param where the path of the value in the document, for the message. Errors: MANIFEST_INVALID. */
export function parseDescriptor(value: unknown, where: string): Descriptor {
  if (!isRecord(value)) throw invalid(`"${where}" must be a descriptor`);
  refuseLookalikes(value, FIELDS, `"${where}"`);
  const mediaType = value['mediaType'];
  const digestText = value['digest'];
  const sizeBytes = value['size'];
  if (typeof mediaType !== 'string' || mediaType === '') throw invalid(`"${where}.mediaType" must be a media type`);
  const digest = typeof digestText === 'string' ? parseDigest(digestText) : undefined;
  if (digest === undefined) throw invalid(`"${where}.digest" must be a sha256 or sha512 digest`);
  if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw invalid(`"${where}.size" must be a whole number of bytes`);
  }
  return { mediaType, digest, sizeBytes };
}

/** Reads a list of descriptors; encoders that write an empty list as `null` are understood. Errors: MANIFEST_INVALID. */
export function parseDescriptors(value: unknown, where: string): readonly Descriptor[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(`"${where}" must be a list of descriptors`);
  if (value.length > ENTRIES_MAX) throw invalid(`"${where}" has more than ${ENTRIES_MAX} entries`);
  return value.map((entry, index) => parseDescriptor(entry, `${where}[${index}]`));
}

/**
 * Refuses keys that differ from a field's name only in upper and lower case: Go's JSON reader, which most clients use, takes
 * them for the field, so such a manifest would be one thing here and another one there. Errors: MANIFEST_INVALID.
 */
export function refuseLookalikes(
  record: Readonly<Record<string, unknown>>,
  fields: readonly string[],
  where: string,
): void {
  for (const key of Object.keys(record)) {
    if (key.length > LONGEST_FIELD || fields.includes(key)) continue;
    const field = fields.find((name) => foldCase(name) === foldCase(key));
    if (field !== undefined) throw invalid(`"${key}" in ${where} must be written "${field}"`);
  }
}

const LONGEST_FIELD = 20;

/** Also joins the two characters beyond ASCII that Go takes for a letter of another case: long s and the Kelvin sign. */
function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase();
}

/** Reads a map of strings. Errors: MANIFEST_INVALID. */
export function parseAnnotations(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value) || !isTextMap(value)) throw invalid('"annotations" must be a map of strings');
  return value;
}

function isTextMap(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, string>> {
  return Object.values(value).every((text) => typeof text === 'string');
}

/** Reads an optional text; '' counts as absent. Errors: MANIFEST_INVALID. */
export function parseOptionalText(value: unknown, where: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw invalid(`"${where}" must be a text`);
  return value;
}

export function invalid(message: string, cause?: unknown): AppError {
  return new AppError('MANIFEST_INVALID', `The manifest is not valid: ${message}`, { cause });
}
