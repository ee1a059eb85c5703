// npm run bench: sets up, then runs bench/run.ts with the pinned Node.js against the production build.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { gantryNode, ROOT, setUp, toolEnvironment } from './setup.mjs';

await setUp('build');
const result = spawnSync(gantryNode(), [join(ROOT, 'bench/run.ts'), ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
  env: toolEnvironment(),
});
process.exitCode = result.status ?? 1;
