import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { createLogger } from '../platform/log/index.ts';
import { createLocalStorage } from './adapters/local.ts';
import type { StorageEngine } from './ports.ts';
import { reachStorage, tryStorage } from './probe-storage.ts';
import { createMemoryStorage } from './testing/memory-storage.ts';

const roots: string[] = [];
afterEach(async () => {
  for (const root of roots.splice(0)) await rm(root, { recursive: true, force: true });
});

async function localStorage(): Promise<{ root: string; engine: StorageEngine }> {
  const root = await mkdtemp(join(tmpdir(), 'gantry-probe-'));
  roots.push(root);
  return { root, engine: createLocalStorage({ root, log: createLogger({ level: 'silent' }) }) };
}

async function filesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

test('a storage that works is found to, and holds nothing afterwards', async () => {
  const { root, engine } = await localStorage();
  await reachStorage(engine);
  await Promise.all([tryStorage(engine), tryStorage(engine)]);
  expect(await filesIn(root)).toEqual([]);
  await engine.close();
});

test('a storage whose directory is gone is found out', async () => {
  const { root, engine } = await localStorage();
  await rm(root, { recursive: true });
  await expect(tryStorage(engine)).rejects.toThrow(AppError);
  await engine.close();
});

test('a storage that gives back something else is found out, and what was written is removed', async () => {
  const engine = createMemoryStorage();
  const removed: string[] = [];
  const lying: StorageEngine = {
    ...engine,
    blobs: {
      ...engine.blobs,
      open: async (digest) => {
        const reader = await engine.blobs.open(digest);
        return (
          reader && { ...reader, read: (target) => Promise.resolve(target.fill(0).length), close: () => reader.close() }
        );
      },
      remove: (digest) => {
        removed.push(digest);
        return engine.blobs.remove(digest);
      },
      stat: (digest) => engine.blobs.stat(digest),
    },
  };
  await expect(tryStorage(lying)).rejects.toThrow('not given back');
  expect(removed).toHaveLength(1);
});
