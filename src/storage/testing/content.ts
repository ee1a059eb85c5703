import { createHash } from 'node:crypto';
import { digestOf, type Digest } from '../../kernel/digest.ts';
import type { StorageEngine, UploadStore } from '../ports.ts';

/** The same bytes for the same seed; two seeds give bytes that differ from the first one on. */
export function contentOf(sizeBytes: number, seed: number): Uint8Array {
  const content = new Uint8Array(sizeBytes);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let index = 0; index < sizeBytes; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    content[index] = (state >>> 24) ^ seed;
  }
  return content;
}

export function sha256Of(content: Uint8Array): Digest {
  return digestOf('sha256', createHash('sha256').update(content).digest('hex'));
}

export function sha512Of(content: Uint8Array): Digest {
  return digestOf('sha512', createHash('sha512').update(content).digest('hex'));
}

/** Appends the content in one request. */
export async function appendContent(
  uploads: UploadStore,
  uploadId: string,
  offset: number,
  content: Uint8Array,
  options: { readonly durable?: boolean; readonly algorithm?: 'sha256' | 'sha512' } = {},
): Promise<number> {
  const sink = await uploads.append(uploadId, offset, options.algorithm ?? 'sha256');
  await sink.write(content);
  return sink.end({ durable: options.durable ?? false });
}

/** All bytes of a blob, or undefined when there is none. */
export async function readBlob(engine: StorageEngine, sha256: Digest): Promise<Uint8Array | undefined> {
  const reader = await engine.blobs.open(sha256);
  if (reader === undefined) return undefined;
  try {
    const content = new Uint8Array(reader.sizeBytes);
    const read = await reader.read(content, 0);
    return content.subarray(0, read);
  } finally {
    await reader.close();
  }
}

/** Whether two contents are the same; much faster than a matcher on megabytes. */
export function sameBytes(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0;
}

/** Whether the engine holds exactly this content. */
export async function holds(engine: StorageEngine, content: Uint8Array): Promise<boolean> {
  return sameBytes(await readBlob(engine, sha256Of(content)), content);
}

export async function listUploads(uploads: UploadStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of uploads.list()) ids.push(id);
  return ids.toSorted();
}
