import { runCommand } from './cli/index.ts';

// No await at the top: the production bundle is a CommonJS file (scripts/build.mjs says why).
async function main(): Promise<void> {
  process.exitCode = await runCommand(process.argv.slice(2));
}

void main();
