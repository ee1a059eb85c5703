import { expect, it } from 'vitest';
import { startApi } from '../../../test/support/api.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';

describeOnBothDatabases('the last superuser', (context) => {
  it('neither deletes nor converts his account, and of two who go at once one stays', async () => {
    await using api = await startApi(context().db);
    const [ada, bob] = [await api.person('ada', { superuser: true }), await api.person('bob')];
    const converted = { adminUser: 'bob', adminPassword: 'a-password', plan: 'free' };
    for (const refused of [await ada.call('DELETE', '/user/'), await ada.call('POST', '/user/convert', converted)]) {
      expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining('last superuser') } });
    }
    expect((await ada.call('PUT', '/superuser/users/bob/superuser')).status).toBe(200);
    const gone = await Promise.all([ada, bob].map((person) => person.call('DELETE', '/user/')));
    expect(gone.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 400]);
  });

  it('may go when SUPER_USERS names him, for his account can be made again', async () => {
    await using api = await startApi(context().db, {}, { namedSuperusers: new Set(['cara']) });
    const cara = await api.person('cara', { superuser: true });
    expect((await cara.call('DELETE', '/user/')).status).toBe(204);
  });
});
