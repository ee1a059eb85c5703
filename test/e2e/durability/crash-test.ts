import { afterEach, expect, test } from 'vitest';
import { startServer, type TestServer } from '../../support/server.ts';
import type { ServerDatabase } from '../databases.ts';
import { crashRounds } from './crash-rounds.ts';

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
      expect(server.defects()).toEqual([]);
      expect(report.interrupted).toBeGreaterThan(0);
    },
  );
}
