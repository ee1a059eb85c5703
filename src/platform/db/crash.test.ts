import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';

interface Tables {
  instance_setting: { key: string; value: string };
}

const PROGRAM = fileURLToPath(new URL('../../../test/support/write-until-killed.ts', import.meta.url));
const ROUNDS = 3;
const ACKNOWLEDGED_BEFORE_KILL = 200;

describeOnBothDatabases('A killed process', (context) => {
  it('loses no acknowledged transaction and leaves none half-done', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const child = spawn(process.execPath, [PROGRAM, context().uri], { stdio: ['ignore', 'pipe', 'inherit'] });
      let seen = 0;
      for await (const key of createInterface({ input: child.stdout })) {
        // A line cut by the kill has no counterpart to look for.
        if (/^\d+-\d+-\d+$/.test(key)) acknowledged.push(key);
        if (++seen === ACKNOWLEDGED_BEFORE_KILL) child.kill('SIGKILL');
      }
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(ROUNDS * (ACKNOWLEDGED_BEFORE_KILL - 1));
    const rows = await context().db.report<Tables>().selectFrom('instance_setting').select('key').execute();
    const stored = new Set(rows.map((row) => row.key));
    expect(acknowledged.filter((key) => !stored.has(`${key}-first`))).toEqual([]);
    const halves = [...stored].filter(
      (key) => !stored.has(key.replace(/-(?:first|second)$/, (half) => (half === '-first' ? '-second' : '-first'))),
    );
    expect(halves).toEqual([]);
  });
});
