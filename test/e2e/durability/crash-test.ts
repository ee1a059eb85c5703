import { afterEach, expect, test, vi } from 'vitest';
import { startServer, type TestServer } from '../../support/server.ts';
import type { ServerDatabase } from '../databases.ts';
import { crashRounds } from './crash-rounds.ts';
import { uploadFiles } from './stored-files.ts';

/** Declares the test of `rounds` crashes; `GANTRY_SEED` repeats a run's choices. */
export function crashTest(database: () => ServerDatabase, rounds: number): void {
  let server: TestServer | undefined;
  afterEach(() => server?.dispose());

  test(
    `${rounds} rounds lose nothing acknowledged and show nothing half-written`,
    { timeout: rounds * 15_000 },
    async () => {
      server = await startServer({ config: database().config });
      const account = await server.initialize();
      const seed = Number(process.env['GANTRY_SEED'] ?? 20_261_121);
      const report = await crashRounds(server, account, rounds, seed);
      console.log(
        `seed ${seed}: ${JSON.stringify(report.acknowledged)} acknowledged, ${report.interrupted} requests cut off`,
      );
      expect(report.complaints).toEqual([]);
      await cleanUp(server, database());
      expect(await report.lost()).toEqual([]);
      expect(server.defects()).toEqual([]);
      expect(report.interrupted).toBeGreaterThan(0);
    },
  );
}

/** Makes every interrupted upload expire and its jobs due, and waits until their bytes are gone. */
async function cleanUp(server: TestServer, database: ServerDatabase): Promise<void> {
  await server.stop();
  const due = "UPDATE job SET run_at = 0, lease_id = NULL, lease_until = NULL WHERE queue LIKE 'registry.%'";
  await database.execute(server.dataDirectory, ['UPDATE upload SET expires_at = 0', due]);
  await server.start();
  await vi.waitFor(() => expect(uploadFiles(server.dataDirectory)).toEqual([]), { timeout: 20_000, interval: 100 });
}
