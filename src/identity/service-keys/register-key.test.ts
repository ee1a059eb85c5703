import { beforeEach, expect, it } from 'vitest';
import { clockedDatabase } from '../../../test/support/clocked-database.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { createTestIdentity } from '../../../test/support/identity.ts';
import { type KeyService, keyService, serviceToken } from '../../../test/support/key-service.ts';
import { newKeyRow } from './registered-key.ts';
import { insertRegisteredKey } from './registered-key-store.ts';
import type { RegisteredKeyTables } from './tables.ts';

const MINUTE = 60_000;
const HERE = '2001:db8:1:2::7';
/** The same customer, and another one. */
const NEXT_DOOR = '2001:db8:1:2::8';
const ELSEWHERE = '2001:db8:1:3::7';

describeOnBothDatabases('keys that strangers register', (context) => {
  const start = () => {
    const clock = createFakeClock();
    const { keyServer } = createTestIdentity(clockedDatabase(context().db, clock), { clock });
    const request = (service: KeyService, address: string) => ({
      service: service.name,
      kid: service.kid,
      jwk: service.jwk,
      authorization: `Bearer ${serviceToken(service, 'https://registry.test', clock.now())}`,
      client: { address, userAgent: undefined },
      expiresAt: undefined,
      rotationSeconds: undefined,
    });
    const put = (service: KeyService, address: string) => keyServer.put(request(service, address));
    const remove = (service: KeyService, address: string) => keyServer.remove(request(service, address));
    return { clock, put, remove };
  };

  /** Keys that wait, as if they had been registered from there. */
  const letWait = (count: number, from: string) =>
    context().db.transaction(async (tx) => {
      for (let number = 0; number < count; number += 1) {
        const row = newKeyRow({
          kid: `${from} ${number}`,
          service: 'waiting',
          jwk: { kty: 'RSA', n: 'n', e: 'AQAB' },
          metadata: {},
          created_at: await tx.now(),
          expiresAt: undefined,
        });
        await insertRegisteredKey(tx, { ...row, registered_from: from });
      }
    });

  beforeEach(() =>
    context().db.transaction((tx) => tx.query<RegisteredKeyTables>().deleteFrom('registered_key').execute()),
  );

  it('are no more than twenty from one place that nobody has approved', async () => {
    const { put } = start();
    const [mine, other] = [keyService('mine', 0), keyService('other', 1)];
    await letWait(19, '2001:db8:1:2::/64');
    expect(await put(mine, HERE)).toBe('waits');
    await expect(put(other, NEXT_DOOR)).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      headers: { 'Retry-After': '3600' },
    });
    // Who asks for what is there already is not hindered.
    expect(await put(mine, HERE)).toBe('waits');
    expect(await put(other, ELSEWHERE)).toBe('waits');
  });

  it('are no more than a thousand in all', async () => {
    const { put } = start();
    await letWait(500, '198.51.100.1');
    await letWait(499, '198.51.100.2');
    expect(await put(keyService('last', 0), HERE)).toBe('waits');
    await expect(put(keyService('too_late', 1), ELSEWHERE)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  });

  it('change one a minute, after the first forty', async () => {
    const { clock, put, remove } = start();
    const mine = keyService('changing', 0);
    for (let round = 0; round < 20; round += 1) {
      expect(await put(mine, HERE)).toBe('waits');
      await remove(mine, HERE);
    }
    await expect(put(mine, NEXT_DOOR)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    expect(await put(mine, ELSEWHERE)).toBe('waits');
    await remove(mine, ELSEWHERE);
    clock.advance(MINUTE);
    expect(await put(mine, HERE)).toBe('waits');
    await expect(remove(mine, HERE)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  });

  it('of which one is sent twice at once is registered once', async () => {
    const { put } = start();
    const mine = keyService('hasty', 0);
    expect(await Promise.all([put(mine, HERE), put(mine, HERE), put(mine, HERE)])).toEqual(['waits', 'waits', 'waits']);
    const rows = await context().db.read<RegisteredKeyTables>().selectFrom('registered_key').select('kid').execute();
    expect(rows).toEqual([{ kid: mine.kid }]);
  });
});
