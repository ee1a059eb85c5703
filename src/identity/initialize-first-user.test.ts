import { expect, test } from 'vitest';
import { createTestDatabase, describeOnBothDatabases } from '../../test/support/databases.ts';
import { cheapPasswords, createTestIdentity } from '../../test/support/identity.ts';
import type { Database } from '../platform/db/index.ts';
import { createUser, type IdentityTables } from './index.ts';

const HERE = { clientAddress: '127.0.0.1', forwarded: false, setupToken: undefined };
const ELSEWHERE = { clientAddress: '203.0.113.9', forwarded: false, setupToken: undefined };
const REQUEST = { name: 'root-user', email: 'root@example.org', password: 'correct-horse', accessToken: false };
const EXISTS = expect.objectContaining({ code: 'INVALID_REQUEST', message: expect.stringContaining('exists already') });

describeOnBothDatabases('the first user', (context) => {
  async function onFreshDatabase(work: (db: Database) => Promise<void>): Promise<void> {
    const { db, drop } = await createTestDatabase(context().db.dialect);
    try {
      await work(db);
    } finally {
      await drop();
    }
  }

  function namespaces(db: Database) {
    return db.read<IdentityTables>().selectFrom('namespace').select(['name', 'kind']).orderBy('id').execute();
  }

  test('is a superuser and owns the library', () =>
    onFreshDatabase(async (db) => {
      const identity = createTestIdentity(db);
      expect(await identity.firstUser.pending()).toBe(true);
      const user = await identity.firstUser.initialize(HERE, REQUEST);
      expect(user).toEqual({
        userId: expect.any(Number),
        name: 'root-user',
        email: 'root@example.org',
        accessToken: undefined,
      });
      expect(await identity.firstUser.pending()).toBe(false);
      expect(await identity.loadActor(user.userId, 1)).toMatchObject({ name: 'root-user', superuser: true });
      expect(await namespaces(db)).toEqual([
        { name: 'root-user', kind: 'user' },
        { name: 'library', kind: 'organization' },
      ]);
      await expect(identity.firstUser.initialize(HERE, { ...REQUEST, name: 'other' })).rejects.toEqual(EXISTS);
    }));

  test('may get an access token with all scopes', () =>
    onFreshDatabase(async (db) => {
      const identity = createTestIdentity(db, { settings: { libraryNamespace: undefined } });
      const { accessToken = '' } = await identity.firstUser.initialize(HERE, { ...REQUEST, accessToken: true });
      expect((await identity.authenticateAccessToken(accessToken))?.scopes).toHaveLength(8);
      expect(await namespaces(db)).toEqual([{ name: 'root-user', kind: 'user' }]);
    }));

  test('may take the name of the library for himself', () =>
    onFreshDatabase(async (db) => {
      await createTestIdentity(db).firstUser.initialize(HERE, { ...REQUEST, name: 'library' });
      expect(await namespaces(db)).toEqual([{ name: 'library', kind: 'user' }]);
    }));

  test('is created from elsewhere only with the set-up token, once', () =>
    onFreshDatabase(async (db) => {
      const { firstUser } = createTestIdentity(db);
      const denied = expect.objectContaining({ code: 'DENIED' });
      await expect(firstUser.initialize(ELSEWHERE, REQUEST)).rejects.toEqual(denied);
      const origin = { ...ELSEWHERE, setupToken: firstUser.setupToken };
      await expect(firstUser.initialize(origin, { ...REQUEST, password: 'short' })).rejects.toThrow(/password/);
      await firstUser.initialize(origin, REQUEST);
      await expect(firstUser.initialize(origin, REQUEST)).rejects.toEqual(denied);
    }));

  test('is one, however many try at once', () =>
    onFreshDatabase(async (db) => {
      const attempts = Array.from({ length: 8 }, (_, i) =>
        createTestIdentity(db).firstUser.initialize(HERE, { ...REQUEST, name: `racer${i}`, email: undefined }),
      );
      const results = await Promise.allSettled(attempts);
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toEqual(EXISTS);
      expect(await namespaces(db)).toHaveLength(2);
    }));

  test('is not created beside one that the command line made', () =>
    onFreshDatabase(async (db) => {
      const user = { name: 'made', password: 'correct-horse', superuser: true };
      await createUser({ db, passwords: cheapPasswords }, user, { kind: 'system', name: undefined });
      await expect(createTestIdentity(db).firstUser.initialize(HERE, REQUEST)).rejects.toEqual(EXISTS);
    }));
});
