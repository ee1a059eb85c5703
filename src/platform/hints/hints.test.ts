import { createLocalHints } from './index.ts';
import { describeHints } from './testing/suite.ts';

describeHints('createLocalHints', () => {
  const hints = createLocalHints();
  return Promise.resolve({ here: hints, there: hints, close: () => hints.close() });
});
