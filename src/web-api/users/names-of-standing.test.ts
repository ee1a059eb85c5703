import { beforeAll, expect, it } from 'vitest';
import { startAccountServer } from '../../../test/support/accounts.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { cheapPasswords } from '../../../test/support/identity.ts';
import { createUser } from '../../identity/index.ts';

const PASSWORD = 'a-good-password';
const SYSTEM = { kind: 'system', name: undefined } as const;

describeOnBothDatabases('a name that the configuration gives a standing to', (context) => {
  beforeAll(async () => {
    const { db } = context();
    for (const name of ['ada', 'boss', 'seer']) {
      await createUser({ db, passwords: cheapPasswords }, { name, password: PASSWORD, superuser: false }, SYSTEM);
    }
  });

  const start = () =>
    startAccountServer(context().db, {
      users: { rename: true },
      standing: {
        namedSuperusers: new Set(['boss', 'next-boss']),
        readOnlySuperusers: new Set(['seer', 'next-seer']),
        unrestrictedUsers: new Set(['ada', 'free']),
      },
    });

  it('is had neither by signing up nor by a change of name', async () => {
    await using server = await start();
    const ada = await server.browser();
    expect((await ada.signIn(PASSWORD, 'ada')).status).toBe(200);
    for (const username of ['next-boss', 'next-seer', 'free']) {
      const renamed = await ada.call('PUT', '/api/v1/user/', { username });
      expect([renamed.status, await renamed.text()]).toEqual([400, expect.stringContaining('reserved')]);
    }
    for (const username of ['next-boss', 'next-seer']) {
      const stranger = await server.browser();
      const made = await stranger.call('POST', '/api/v1/user/', { username, password: PASSWORD });
      expect([made.status, await made.text()]).toEqual([400, expect.stringContaining('reserved')]);
    }
    expect((await ada.call('PUT', '/api/v1/user/', { username: 'ada-new' })).status).toBe(200);
  });

  it('is not given up for others to take, nor to get rid of what it forbids', async () => {
    await using server = await start();
    for (const name of ['boss', 'seer']) {
      const user = await server.browser();
      expect((await user.signIn(PASSWORD, name)).status).toBe(200);
      const renamed = await user.call('PUT', '/api/v1/user/', { username: `${name}-new` });
      expect([renamed.status, await renamed.text()]).toEqual([400, expect.stringContaining('SUPER_USERS')]);
    }
  });
});
