import { beforeAll, expect, test } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { createFakeClock } from '../../test/support/fake-clock.ts';
import { cheapPasswords, createTestIdentity } from '../../test/support/identity.ts';
import { type AuthenticateBasic, createAccessToken, createUser } from './index.ts';

const RIGHT = 'correct-horse';
const OFFICE = '198.51.100.1';
const SYSTEM = { kind: 'system', name: undefined } as const;
const tooMany = expect.objectContaining({ code: 'TOO_MANY_REQUESTS', headers: { 'Retry-After': expect.any(String) } });

/** `in`, `refused` or `too early`. */
async function outcome(signIn: AuthenticateBasic, login: string, secret: string, address: string): Promise<string> {
  try {
    return (await signIn(login, secret, address)) === undefined ? 'refused' : 'in';
  } catch (error) {
    expect(error).toEqual(tooMany);
    return 'too early';
  }
}

describeOnBothDatabases('guessing passwords', (context) => {
  let alice: number;
  beforeAll(async () => {
    const create = (name: string) =>
      createUser({ db: context().db, passwords: cheapPasswords }, { name, password: RIGHT, superuser: false }, SYSTEM);
    ({ userId: alice } = await create('alice'));
    await create('bob');
  });

  test('is refused after a few, and the right password still gets in from another address', async () => {
    const { authenticateBasic: signIn } = createTestIdentity(context().db, { clock: createFakeClock() });
    const guesses: string[] = [];
    for (let index = 0; index < 6; index++)
      guesses.push(await outcome(signIn, 'alice', `guess ${index}`, '192.0.2.66'));
    expect(guesses).toEqual(['refused', 'refused', 'refused', 'too early', 'too early', 'too early']);
    expect(await outcome(signIn, 'alice', RIGHT, '192.0.2.66')).toBe('too early');
    expect(await outcome(signIn, 'alice', RIGHT, '192.0.2.1')).toBe('in');
  });

  test('is counted by the network for IPv6', async () => {
    const { authenticateBasic: signIn } = createTestIdentity(context().db, { clock: createFakeClock() });
    for (let index = 0; index < 3; index++) await outcome(signIn, 'alice', 'wrong', `2001:db8::${index}`);
    expect(await outcome(signIn, 'alice', RIGHT, '2001:db8::ffff:1')).toBe('too early');
    expect(await outcome(signIn, 'alice', RIGHT, '2001:db8:0:1::1')).toBe('in');
  });

  test('a client with a stale password keeps out no other one behind the same address', async () => {
    const clock = createFakeClock();
    const { authenticateBasic: signIn } = createTestIdentity(context().db, { clock });
    expect(await outcome(signIn, 'alice', RIGHT, OFFICE)).toBe('in');
    for (let second = 0; second < 600; second++) {
      await outcome(signIn, 'alice', 'stale password', OFFICE);
      if (second % 70 === 0) expect(await outcome(signIn, 'alice', RIGHT, OFFICE)).toBe('in');
      clock.advance(1000);
    }
    expect(await outcome(signIn, 'alice', 'stale password', OFFICE)).toBe('too early');
    expect(await outcome(signIn, 'bob', RIGHT, OFFICE)).toBe('in');
  });

  test('a password that was right a moment ago cannot be guessed faster, not even from its own address', async () => {
    const { authenticateBasic: signIn } = createTestIdentity(context().db, { clock: createFakeClock() });
    expect(await outcome(signIn, 'alice', RIGHT, OFFICE)).toBe('in');
    for (let index = 0; index < 50; index++) {
      const result = await outcome(signIn, 'alice', `guess ${index}`, OFFICE);
      expect(result).toBe(index < 3 ? 'refused' : 'too early');
      expect(await outcome(signIn, 'alice', `guess ${index}`, '192.0.2.66')).toBe(index < 3 ? 'refused' : 'too early');
    }
    expect(await outcome(signIn, 'alice', RIGHT, OFFICE)).toBe('too early');
    expect(await outcome(signIn, 'alice', RIGHT, '192.0.2.66')).toBe('too early');
  });

  test('many connections with the same right password at once are one attempt', async () => {
    const { authenticateBasic: signIn } = createTestIdentity(context().db, { clock: createFakeClock() });
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => outcome(signIn, 'alice', RIGHT, OFFICE)));
    expect(new Set(outcomes)).toEqual(new Set(['in']));
  });

  test.each(['$oauthtoken', '$app', '$token', 'alice+ci'])(
    'with tokens of %s is slowed, and keeps nobody waiting who has the right one',
    async (login) => {
      const { db } = context();
      const identity = createTestIdentity(db, { clock: createFakeClock() });
      const signIn = identity.authenticateBasic;
      const outcomes: string[] = [];
      for (let index = 0; index < 50; index++) {
        outcomes.push(await outcome(signIn, login, String(index).padStart(login === '$app' ? 120 : 64, 'A'), OFFICE));
      }
      expect(outcomes.slice(0, 3)).toEqual(['refused', 'refused', 'refused']);
      expect(new Set(outcomes.slice(3))).toEqual(new Set(['too early']));
      const [access, app] = await db.transaction(async (tx) => {
        const { token } = await createAccessToken(tx, { userId: alice, scopes: ['repo:read'] });
        const { code } = await identity.oauth.appTokens.create(tx, { id: alice, name: 'alice' }, 'laptop', SYSTEM);
        return [token, code];
      });
      expect(await outcome(signIn, '$oauthtoken', access, OFFICE)).toBe('in');
      expect(await outcome(signIn, '$app', app, OFFICE)).toBe('in');
      expect(await outcome(signIn, 'alice', RIGHT, OFFICE)).toBe('in');
    },
  );

  test('sign-ins with wrong set-up tokens are slowed, and this machine needs none', async () => {
    const { firstUser } = createTestIdentity(context().db, { clock: createFakeClock() });
    const request = { name: 'root-user', password: RIGHT, accessToken: false };
    const from = (clientAddress: string, setupToken: string) =>
      firstUser.initialize({ clientAddress, forwarded: false, setupToken }, request);
    for (let index = 0; index < 3; index++) {
      await expect(from(OFFICE, `guess ${index}`)).rejects.toMatchObject({ code: 'DENIED' });
    }
    await expect(from(OFFICE, firstUser.setupToken)).rejects.toEqual(tooMany);
    // Admitted: only then it is said that there is a user already.
    await expect(from('192.0.2.1', firstUser.setupToken)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(from('127.0.0.1', 'guess')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
