import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file with more is none of ours. */
const FILE_MAX = 4096;

/**
 * Writes `{"access_token": …}`, the form that Quay's tools read, for the owner of the process alone. Whoever reads the file finds
 * the old token or the new one, never a part. Errors: those of the file system; what was there is then still there.
 */
export async function writeTokenFile(path: string, token: string): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const draft = join(directory, `.${randomUUID()}.tmp`);
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(JSON.stringify({ access_token: token }));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** The token in the file; undefined when there is none that can be read. */
export async function readTokenFile(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    const value: unknown = text.length > FILE_MAX ? undefined : JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('access_token' in value)) return undefined;
    return typeof value.access_token === 'string' ? value.access_token : undefined;
  } catch {
    return undefined;
  }
}

/** One that is not there is fine. */
export function deleteTokenFile(path: string): Promise<void> {
  return rm(path, { force: true });
}
