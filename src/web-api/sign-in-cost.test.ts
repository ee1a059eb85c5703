import { beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { startHttp, type TestServer } from '../../test/support/http.ts';
import { cheapPasswords, IDENTITY_SETTINGS, silentLog, testBox } from '../../test/support/identity.ts';
import { webApiPorts } from '../../test/support/web-api.ts';
import { createAccessToken, createIdentity, createUser, type Identity } from '../identity/index.ts';
import { systemClock } from '../kernel/clock.ts';
import type { PasswordHasher } from '../platform/crypto/index.ts';
import { createWebApi } from './index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;

describeOnBothDatabases('what a sign-in costs', (context) => {
  let server: TestServer;
  let identity: Identity;
  let token = '';
  let hashed = 0;
  const counted = async (what: () => Promise<unknown>): Promise<number> => {
    const before = hashed;
    await what();
    return hashed - before;
  };

  beforeAll(async () => {
    const { db } = context();
    const counting: PasswordHasher = {
      hash(password) {
        hashed += 1;
        return cheapPasswords.hash(password);
      },
      check(password, stored) {
        hashed += 1;
        return cheapPasswords.check(password, stored);
      },
    };
    const ports = { db, clock: systemClock, log: silentLog, box: testBox, passwords: counting };
    identity = createIdentity(ports, IDENTITY_SETTINGS);
    const user = { name: 'ada', password: 'password-of-ada', superuser: false };
    const { userId } = await createUser({ db, passwords: cheapPasswords }, user, SYSTEM);
    ({ token } = await db.transaction((tx) => createAccessToken(tx, { userId, scopes: ['user:admin'] })));
    const handler = createWebApi(webApiPorts(db, identity));
    server = await startHttp({ mounts: [{ prefix: '/api/v1', errors: 'quay', handler }] });
    return () => server.close();
  });

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const cookie = identity.sessions.newCookie();
    return fetch(`${server.url}/api/v1${path}`, {
      method: 'POST',
      headers: {
        Cookie: `_csrf_token=${cookie}`,
        'X-CSRF-Token': identity.csrf.of(cookie),
        'Content-Type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    });
  };

  it.each([
    ['the right password', 'ada', 'password-of-ada', 200],
    ['a wrong password', 'ada', 'password-of-eve', 403],
    ['a name that nobody has', 'nobody', 'password-of-ada', 403],
  ])('with %s is one hash', async (_, username, password, status) => {
    let answered = 0;
    const hashes = await counted(async () => {
      answered = (await post('/signin', { username, password })).status;
    });
    expect([answered, hashes]).toEqual([status, 1]);
  });

  it('by an access token is none, and neither is a body or a token that is refused before', async () => {
    const headers = { Authorization: `Bearer ${token}` };
    expect(await counted(() => fetch(`${server.url}/api/v1/user/`, { headers }))).toBe(0);
    expect(await counted(() => post('/signin', { username: 'ada' }))).toBe(0);
    const forged = { 'X-CSRF-Token': 'x' };
    expect(await counted(() => post('/signin', { username: 'ada', password: 'password-of-ada' }, forged))).toBe(0);
    expect(await counted(() => post('/signin/verify', { password: 'password-of-ada' }))).toBe(0);
  });
});
