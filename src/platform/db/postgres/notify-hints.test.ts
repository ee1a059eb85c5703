import pg from 'pg';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { createPostgresTestUri } from '../../../../test/support/databases.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { describeHints } from '../../hints/testing/suite.ts';
import { createLogger } from '../../log/index.ts';
import { createNotifyHints } from '../index.ts';

const log = createLogger({ level: 'silent' });

describe.skipIf('missing' in inject('postgres'))('hints by NOTIFY', () => {
  const cleanUps: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });

  describeHints('createNotifyHints', async () => {
    const { uri, drop } = await createPostgresTestUri();
    const open = () => createNotifyHints({ connection: { uri }, clock: systemClock, log });
    const [here, there] = [await open(), await open()];
    cleanUps.push(drop);
    return {
      here,
      there,
      close: async () => {
        await Promise.all([here.close(), there.close()]);
      },
    };
  });

  it('calls every listener while it is cut off, and hears again afterwards', async () => {
    const { uri, drop } = await createPostgresTestUri();
    cleanUps.push(drop);
    const admin = new pg.Client({ connectionString: uri });
    await admin.connect();
    cleanUps.push(() => admin.end());
    const hints = await createNotifyHints({ connection: { uri }, clock: systemClock, log });
    cleanUps.push(() => hints.close());
    const calls: (string | undefined)[] = [];
    hints.onHint('colour', (detail) => calls.push(detail));
    const cut =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    await admin.query(cut);
    await expect.poll(() => calls.length).toBeGreaterThan(0);
    await expect
      .poll(async () => {
        await admin.query('SELECT pg_notify(\'gantry_hints\', \'{"topic":"colour","detail":"red"}\')');
        return calls;
      })
      .toContain('red');
  });

  it('takes what it cannot read for a change of everything', async () => {
    const { uri, drop } = await createPostgresTestUri();
    cleanUps.push(drop);
    const admin = new pg.Client({ connectionString: uri });
    await admin.connect();
    cleanUps.push(() => admin.end());
    const hints = await createNotifyHints({ connection: { uri }, clock: systemClock, log });
    cleanUps.push(() => hints.close());
    const calls: (string | undefined)[] = [];
    hints.onHint('colour', (detail) => calls.push(detail));
    for (const payload of ['', 'no JSON', '[]', '{"topic":7}']) {
      await admin.query('SELECT pg_notify($1, $2)', ['gantry_hints', payload]);
    }
    await expect.poll(() => calls.length).toBe(4);
    expect(new Set(calls)).toEqual(new Set([undefined]));
  });
});
