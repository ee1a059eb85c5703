import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '../../platform/log/index.ts';
import { createLocalStorage } from '../../storage/adapters/local.ts';
import { tryStorage } from '../../storage/index.ts';
import type { AppSettings } from '../settings.ts';
import type { ServiceFinding } from './service-finding.ts';

const REMEDY = 'check storage_path in DISTRIBUTED_STORAGE_CONFIG and who may write there';

/** Writes, reads back and removes a tiny blob. A directory that is not there yet is left to the first start. */
export async function checkStorage({ storagePath: root }: AppSettings, log: Logger): Promise<ServiceFinding> {
  const service = 'storage';
  const nearest = await nearestPresent(root);
  if (!nearest.isDirectory)
    return { service, outcome: 'failed', message: `LocalStorage: "${nearest.path}" is not a directory; ${REMEDY}` };
  try {
    await access(nearest.path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new Error(`LocalStorage: nothing can be made in "${nearest.path}"; ${REMEDY}`, { cause });
  }
  if (nearest.path !== root)
    return { service, outcome: 'works', message: `LocalStorage: the first start makes "${root}"` };
  const engine = createLocalStorage({ root, log });
  try {
    await tryStorage(engine);
  } finally {
    await engine.close();
  }
  return { service, outcome: 'works', message: `LocalStorage: "${root}" takes a blob, gives it back and removes it` };
}

/** The path itself, or the nearest above it that is there. */
async function nearestPresent(path: string): Promise<{ readonly path: string; readonly isDirectory: boolean }> {
  try {
    return { path, isDirectory: (await stat(path)).isDirectory() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if ((code !== 'ENOENT' && code !== 'ENOTDIR') || dirname(path) === path) throw error;
    return nearestPresent(dirname(path));
  }
}
