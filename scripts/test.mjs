// npm test, npm run test:long, npm run ok: sets up like `npm start`, then runs the checks and tests with the pinned Node.js.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { gantryNode, ROOT, setUp, toolEnvironment } from './setup.mjs';

const suite = process.argv[2] ?? 'all';
try {
  await setUp(suite === 'fast' ? 'dependencies' : 'build');
  const result = spawnSync(gantryNode(), [join(ROOT, 'scripts/run-tests.ts'), ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
    env: toolEnvironment(),
  });
  process.exitCode = result.status ?? 1;
} catch (error) {
  console.error(`gantry: ${error.message}`);
  process.exitCode = 1;
}
