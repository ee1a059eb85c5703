import { afterEach, expect, test } from 'vitest';
import { startServer, type TestServer } from '../../support/server.ts';
import { runFuzz } from './run-fuzz.ts';

const REQUESTS = 2000;

let server: TestServer | undefined;
afterEach(() => server?.dispose());

test(`${REQUESTS} generated requests cause no 5xx`, async () => {
  server = await startServer();
  const seed = Number(process.env['GANTRY_SEED'] ?? 1);
  const { coverage, complaints } = await runFuzz(server, await server.initialize(), REQUESTS, seed);
  console.log(`seed ${seed}\n${coverage.toString()}`);
  expect(complaints).toEqual([]);
  expect(server.defects()).toEqual([]);
  expect(server.crashed).toBe(false);
});
