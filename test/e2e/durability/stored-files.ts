import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** The files below the directory whose place says that they are finished blobs: `<algorithm>/<2 hex>/<hex>`. */
export function blobFiles(directory: string): string[] {
  return filesBelow(directory).filter((file) => /\/sha(?:256|512)\/[0-9a-f]{2}\/[0-9a-f]+$/.test(file));
}

/** The files of uploads in progress. */
export function uploadFiles(directory: string): string[] {
  return filesBelow(directory).filter((file) => file.includes('/uploads/'));
}

/** Finished blobs whose content is not what their name says. @param known files found in order before; added to. */
export async function corruptBlobs(directory: string, known: Set<string> = new Set()): Promise<string[]> {
  const corrupt: string[] = [];
  for (const file of blobFiles(directory)) {
    if (known.has(file)) continue;
    const parts = file.split('/');
    const hash = createHash(parts.at(-3) ?? '');
    await pipeline(createReadStream(file), hash);
    if (hash.digest('hex') === parts.at(-1)) known.add(file);
    else corrupt.push(`${file} (${statSync(file).size} bytes)`);
  }
  return corrupt;
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
