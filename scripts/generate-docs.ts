/** Writes the pages of docs/ that come from the code: `node scripts/generate-docs.ts`. A test fails when they are stale. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedPages } from './generated-pages.ts';

const root = join(import.meta.dirname, '..');
for (const [path, text] of generatedPages()) {
  writeFileSync(join(root, path), text);
  console.log(`wrote ${path}`);
}
