import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Name of the generated key file in the data directory. */
export const SECRET_KEY_FILE = 'secret.key';

const MAX_KEY_LENGTH = 4096;

export interface SecretKeySource {
  /** DATABASE_SECRET_KEY, when the operator sets one. */
  readonly configured: string | undefined;
  readonly dataDirectory: string;
}

/**
 * The instance's secret key: the configured one, or else that of `secret.key` in the data directory, which is made on
 * the first start (mode 0600). Several processes that start at once end up with the same key.
 */
export async function loadSecretKey(source: SecretKeySource): Promise<string> {
  if (source.configured !== undefined) return source.configured;
  const path = join(source.dataDirectory, SECRET_KEY_FILE);
  return (await readKey(path)) ?? (await generateKey(source.dataDirectory, path));
}

async function readKey(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new Error(`The secret key file "${path}" cannot be read`, { cause: error });
  });
  if (text === undefined) return undefined;
  const key = text.trim();
  if (key === '' || key.length > MAX_KEY_LENGTH) {
    throw new Error(
      `The secret key file "${path}" is empty or too long; restore it from a backup, stored secrets need the same key`,
    );
  }
  return key;
}

async function generateKey(directory: string, path: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const temporary = join(directory, `.${SECRET_KEY_FILE}.${randomUUID()}`);
  await writeDurably(temporary, `${randomBytes(32).toString('base64url')}\n`);
  try {
    // A link, unlike a rename, never replaces the key that another process has put there meanwhile.
    await link(temporary, path);
    await syncDirectory(directory);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await unlink(temporary);
  }
  const key = await readKey(path);
  if (key === undefined) throw new Error(`The secret key file "${path}" vanished while starting`);
  return key;
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
