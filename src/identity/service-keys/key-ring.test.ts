import { expect, test } from 'vitest';
import { clockedDatabase } from '../../../test/support/clocked-database.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { createTestIdentity } from '../../../test/support/identity.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Database } from '../../platform/db/index.ts';
import { createLocalHints } from '../../platform/hints/index.ts';
import { ANONYMOUS } from '../index.ts';
import type { IdentityTables } from '../tables.ts';

const MINUTE = 60_000;

describeOnBothDatabases('service keys of several nodes', (context) => {
  const hints = createLocalHints();
  const node = (service: string, clock = createFakeClock(), db: Database = context().db) => {
    const settings = { serviceKeyService: service };
    return createTestIdentity(clockedDatabase(db, clock), { clock, hints, settings });
  };
  const removeKeys = (service: string) =>
    context().db.transaction((tx) =>
      tx.query<IdentityTables>().deleteFrom('service_key').where('service', '=', service).execute(),
    );

  test('all sign with the newest as soon as one has made it', async () => {
    const clock = createFakeClock();
    const [here, there] = [node('signing', clock), node('signing', clock)];
    expect((await there.keys.signingKey()).kid).toBe((await here.keys.signingKey()).kid);
    clock.advance(56 * MINUTE);
    await here.keys.rotate();
    expect((await there.keys.signingKey()).kid).toBe((await here.keys.signingKey()).kid);
  });

  test('nobody believes a token whose key has gone: at once when told, within a minute when not', async () => {
    const clock = createFakeClock();
    const [here, there] = [node('removed', clock), node('removed', clock)];
    const token = async () => (await here.registryTokens.issue({ actor: ANONYMOUS, access: [] })).token;
    const first = await token();
    expect(await there.registryTokens.verify(first)).toBeDefined();
    await removeKeys('removed');
    hints.tell('service_keys');
    expect(await there.registryTokens.verify(first)).toBeUndefined();
    const second = await token();
    expect(await there.registryTokens.verify(second)).toBeDefined();
    await removeKeys('removed');
    clock.advance(MINUTE);
    expect(await there.registryTokens.verify(second)).toBeUndefined();
  });

  test('the last key serves on while the database accepts no changes, on every node', async () => {
    const clock = createFakeClock();
    let isReadOnly = false;
    const refusing: Database = {
      ...context().db,
      dialect: context().db.dialect,
      transaction: (work) =>
        isReadOnly ? Promise.reject(new AppError('DATABASE_READ_ONLY', 'no changes')) : context().db.transaction(work),
    };
    const [here, there] = [node('lasting', clock, refusing), node('lasting', clock, refusing)];
    const { kid } = await here.keys.signingKey();
    isReadOnly = true;
    for (let hours = 0; hours < 5; hours += 1) {
      const { token } = await here.registryTokens.issue({ actor: ANONYMOUS, access: [] });
      expect(await there.registryTokens.verify(token)).toBeDefined();
      expect((await node('lasting', clock, refusing).keys.signingKey()).kid).toBe(kid);
      clock.advance(61 * MINUTE);
    }
    isReadOnly = false;
    clock.advance(2 * MINUTE);
    expect((await here.keys.signingKey()).kid).not.toBe(kid);
  });
});
