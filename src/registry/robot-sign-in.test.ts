import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { createAccounts, startRegistry, type TestRegistry } from '../../test/support/registry.ts';
import { findAccount, type IdentityTables } from '../identity/index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;

describeOnBothDatabases('docker login by a robot', (context) => {
  const basic = (login: string, secret: string) => ({
    headers: { authorization: `Basic ${Buffer.from(`${login}:${secret}`).toString('base64')}` },
  });
  const message = (body: Buffer) =>
    (JSON.parse(body.toString()) as { errors: { message: string }[] }).errors[0]?.message;

  /** A robot of alice, and when its token ends. */
  const makeRobot = async (registry: TestRegistry, shortName: string, expiresAt: number | null) => {
    const { db } = context();
    const owner = await findAccount(db, 'alice');
    if (owner === undefined) throw new Error('there is no alice');
    const robot = await db.transaction((tx) =>
      registry.identity.robots.create(tx, { owner: { id: owner.userId, name: 'alice' }, shortName }, SYSTEM),
    );
    await db.transaction(async (tx) => {
      const tokens = tx.query<IdentityTables>().updateTable('robot_token').set({ expires_at: expiresAt });
      await tokens.where('robot_id', '=', robot.userId).execute();
    });
    return robot;
  };

  it('tells whose token has expired, in the words that the person sees, and nobody else anything', async () => {
    await createAccounts(context().db);
    await using registry = await startRegistry(context());
    const alive = await makeRobot(registry, 'alive', null);
    const over = await makeRobot(registry, 'over', Date.UTC(2026, 0, 31, 12));
    expect((await registry.send('GET', '/v2/auth', basic(alive.name, alive.token))).status).toBe(200);

    const words =
      'The token "default" of the robot "alice+over" expired at 2026-01-31 12:00 UTC; ask its owner for a new one';
    const expired = await registry.send('GET', '/v2/auth', basic(over.name, over.token));
    expect(expired).toMatchObject({ status: 401, codes: ['UNAUTHORIZED'] });
    expect(expired.headers['www-authenticate']).toMatch(/^Basic realm=/);
    expect(message(expired.body)).toBe(words);
    const direct = await registry.send('GET', '/v2/', basic(over.name, over.token));
    expect(direct.headers['www-authenticate']).toMatch(/^Bearer realm=.*error="invalid_token"/);
    expect(message(direct.body)).toBe(words);
    const form = new URLSearchParams({ grant_type: 'password', username: over.name, password: over.token });
    const posted = await registry.send('POST', '/v2/auth', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    expect([posted.status, message(posted.body)]).toEqual([401, words]);

    const wrong = [
      await registry.send('GET', '/v2/auth', basic(over.name, 'A'.repeat(64))),
      await registry.send('GET', '/v2/auth', basic('alice+none', over.token)),
      await registry.send('GET', '/v2/auth', basic(alive.name, over.token)),
    ];
    for (const answer of wrong) {
      expect([answer.status, message(answer.body)]).toEqual([401, message(wrong[0]?.body ?? Buffer.from('{}'))]);
      expect(message(answer.body)).toMatch(/^The name of the robot or its token is wrong/);
    }
  });
});
