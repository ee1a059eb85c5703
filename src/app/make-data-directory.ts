import { mkdir } from 'node:fs/promises';

/** Makes the directory, and those above it, for this user alone, unless it is there. */
export async function makeDataDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Error(`The data directory "${path}" cannot be made; check its path and who may write there`, { cause });
  }
}
