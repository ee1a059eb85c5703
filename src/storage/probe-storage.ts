import { createHash, randomUUID } from 'node:crypto';
import { digestOf } from '../kernel/digest.ts';
import type { StorageEngine } from './ports.ts';

/** A digest that no content is known to have. */
const NOTHING = digestOf('sha256', '0'.repeat(64));

/** Whether the engine answers at all; changes nothing. Errors: those of the engine. */
export async function reachStorage(engine: Pick<StorageEngine, 'blobs'>): Promise<void> {
  await engine.blobs.stat(NOTHING);
}

/**
 * Writes, reads back and removes a tiny blob that nothing refers to: what a push and a pull need of the engine.
 * Errors: STORAGE_FULL, STORAGE_FAILED; Error when what was read is not what was written.
 */
export async function tryStorage({ blobs, uploads }: StorageEngine): Promise<void> {
  const uploadId = randomUUID();
  const content = Buffer.from(`health check ${uploadId}`);
  const digest = digestOf('sha256', createHash('sha256').update(content).digest('hex'));
  try {
    const sink = await uploads.append(uploadId, 0, 'sha256');
    await sink.write(content);
    await sink.end({ durable: false });
    await uploads.finish(uploadId, content.length, digest);
  } catch (error) {
    // What hindered the upload may hinder this; the clean-up of uploads comes by later.
    await uploads.discard(uploadId).catch(() => undefined);
    throw error;
  }
  try {
    const reader = await blobs.open(digest);
    if (reader === undefined) throw new Error('The storage has not kept what was written to it');
    const target = Buffer.alloc(content.length);
    let length: number;
    try {
      length = await reader.read(target, 0);
    } finally {
      await reader.close();
    }
    if (length !== content.length || !target.equals(content)) {
      throw new Error('The storage has not given back what was written to it');
    }
  } finally {
    await blobs.remove(digest);
  }
}
