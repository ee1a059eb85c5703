import { describeStorageEngine } from '../testing/conformance.ts';
import { createMemoryStorage } from './memory.ts';

describeStorageEngine('memory', () => {
  const engine = createMemoryStorage();
  return Promise.resolve({ engine, dispose: () => engine.close() });
});
