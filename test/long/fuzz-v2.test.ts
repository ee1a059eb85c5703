import { afterEach, expect, test } from 'vitest';
import { RULES } from '../e2e/fuzz/rules.ts';
import { runFuzz } from '../e2e/fuzz/run-fuzz.ts';
import { startServer, type TestServer } from '../support/server.ts';

const REQUESTS = Number(process.env['GANTRY_FUZZ_REQUESTS'] ?? 100_000);

let server: TestServer | undefined;
afterEach(() => server?.dispose());

test(
  `${REQUESTS} generated requests reach every route and method and cause no 5xx`,
  { timeout: 30 * 60_000 },
  async () => {
    server = await startServer();
    const seed = Number(process.env['GANTRY_SEED'] ?? Date.now() % 2 ** 31);
    console.log(`GANTRY_SEED=${seed} repeats this run`);
    const { coverage, complaints } = await runFuzz(server, await server.initialize(), REQUESTS, seed);
    console.log(coverage.toString());
    expect(complaints).toEqual([]);
    expect(coverage.seldom(RULES, 100)).toEqual([]);
    expect(server.defects()).toEqual([]);
    expect(server.crashed).toBe(false);
  },
);
