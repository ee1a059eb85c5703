import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSecretKey, SECRET_KEY_FILE } from './secret-key.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'secret-key-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('a configured key is taken as it is and no file is made', async () => {
  expect(await loadSecretKey({ configured: ' any text ', dataDirectory: directory })).toBe(' any text ');
  expect(await readdir(directory)).toEqual([]);
});

test('a first start makes a key file that only its owner may read, later starts use it', async () => {
  const dataDirectory = join(directory, 'data');
  const key = await loadSecretKey({ configured: undefined, dataDirectory });
  expect(Buffer.from(key, 'base64url')).toHaveLength(32);
  expect((await stat(join(dataDirectory, SECRET_KEY_FILE))).mode & 0o777).toBe(0o600);
  expect(await loadSecretKey({ configured: undefined, dataDirectory })).toBe(key);
  expect(await readdir(dataDirectory)).toEqual([SECRET_KEY_FILE]);
});

test('processes that start at once agree on one key', async () => {
  const keys = await Promise.all(
    Array.from({ length: 8 }, () => loadSecretKey({ configured: undefined, dataDirectory: directory })),
  );
  expect(new Set(keys).size).toBe(1);
  expect(await readdir(directory)).toEqual([SECRET_KEY_FILE]);
});

test('an empty key file stops the start instead of being replaced', async () => {
  await writeFile(join(directory, SECRET_KEY_FILE), '\n');
  await expect(loadSecretKey({ configured: undefined, dataDirectory: directory })).rejects.toThrow(/backup/);
});
