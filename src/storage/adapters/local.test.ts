import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describeStorageEngine } from '../testing/conformance.ts';
import { createLocalStorage } from './local.ts';

const log = pino({ level: 'silent' });

describeStorageEngine('local', () => {
  const root = mkdtempSync(join(tmpdir(), 'gantry-storage-'));
  const engine = createLocalStorage({ root, log });
  return Promise.resolve({
    engine,
    another: () => createLocalStorage({ root, log }),
    async dispose() {
      await engine.close();
      rmSync(root, { recursive: true });
    },
  });
});
