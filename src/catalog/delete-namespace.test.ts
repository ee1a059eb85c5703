import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { cheapPasswords, createTestIdentity } from '../../test/support/identity.ts';
import {
  createAccessToken,
  createOrganization,
  createUser,
  type IdentityTables,
  type UserActor,
} from '../identity/index.ts';
import { actorOf, addNamespace, POLICY, repositoryName } from './testing/catalog-fixture.ts';
import { type CatalogTables, deleteNamespace, deleteRepository, ensureRepository, resolveAccess } from './index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
const CREATIONS = 12;

describeOnBothDatabases('a deleted user or organization', (context) => {
  const makeUser = async (name: string, email?: string) => {
    const { db } = context();
    const user = { name, password: 'a-password', superuser: false, ...(email === undefined ? {} : { email }) };
    const { userId } = await createUser({ db, passwords: cheapPasswords }, user, SYSTEM);
    const { token } = await db.transaction((tx) =>
      createAccessToken(tx, { userId, scopes: ['repo:create', 'repo:admin'] }),
    );
    return { userId, token };
  };
  const remove = (id: number) => context().db.transaction((tx) => deleteNamespace(tx, id));
  const push = (actor: UserActor, name: string) =>
    context().db.transaction((tx) => ensureRepository(tx, POLICY, actor, repositoryName(name)));

  it('leaves its names and its address to others at once, and nothing to who had them', async () => {
    const { db } = context();
    const identity = createTestIdentity(db);
    const makeRobot = (id: number) =>
      db.transaction((tx) => identity.robots.create(tx, { owner: { id, name: 'ada' }, shortName: 'ci' }, SYSTEM));
    const old = await makeUser('ada', 'ada@example.org');
    const oldRobot = await makeRobot(old.userId);
    const oldActor = (await identity.authenticateAccessToken(old.token)) as UserActor;
    const oldRepository = await push(oldActor, 'ada/app');
    expect(await identity.authenticateBasic('ada+ci', oldRobot.token, '192.0.2.1')).toMatchObject({
      userId: oldRobot.userId,
    });

    expect(await remove(old.userId)).toBe(true);
    expect(await identity.authenticateAccessToken(old.token)).toBeUndefined();
    expect(await identity.authenticateBasic('ada+ci', oldRobot.token, '192.0.2.1')).toBeUndefined();
    expect(await identity.authenticatePassword('ada', 'a-password', '192.0.2.1')).toBeUndefined();
    expect(await resolveAccess(db, POLICY, oldActor, repositoryName('ada/app'))).toMatchObject({ actorValid: false });
    await expect(push(oldActor, 'ada/app')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    // As by a request that was let in before: its robot would be in the way of the next owner of the name.
    await expect(makeRobot(old.userId)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });

    const anew = await makeUser('ada', 'ada@example.org');
    const newRobot = await makeRobot(anew.userId);
    const newActor = (await identity.authenticateAccessToken(anew.token)) as UserActor;
    expect((await resolveAccess(db, POLICY, newActor, repositoryName('ada/app'))).repository).toBeUndefined();
    expect((await push(newActor, 'ada/app')).id).not.toBe(oldRepository.id);
    expect(await identity.authenticateBasic('ada+ci', oldRobot.token, '192.0.2.1')).toBeUndefined();
    expect(await identity.authenticateBasic('ada+ci', newRobot.token, '192.0.2.1')).toMatchObject({
      userId: newRobot.userId,
    });
  });

  it('keeps what a restore needs: old names, its robots, and which repositories went with it', async () => {
    const { db } = context();
    const { userId, token } = await makeUser('bea', 'bea@example.org');
    const identity = createTestIdentity(db);
    const owner = { id: userId, name: 'bea' };
    const make = (shortName: string) =>
      db.transaction((tx) => identity.robots.create(tx, { owner, shortName }, SYSTEM));
    const robot = await make('ci');
    const before = await make('before');
    await db.transaction((tx) => identity.robots.remove(tx, owner, before, SYSTEM));
    const actor = (await identity.authenticateAccessToken(token)) as UserActor;
    const [kept, gone] = [await push(actor, 'bea/kept'), await push(actor, 'bea/gone')];
    await db.transaction((tx) => deleteRepository(tx, { repository: gone, name: repositoryName('bea/gone'), actor }));
    await remove(userId);

    const marks = await db.read<IdentityTables>().selectFrom('deleted_namespace').selectAll().execute();
    const marked = marks.filter(({ name }) => name.startsWith('bea'));
    expect(marked.map(({ namespace_id: id, name, email }) => [id, name, email])).toEqual(
      expect.arrayContaining([
        [userId, 'bea', 'bea@example.org'],
        [robot.userId, 'bea+ci', null],
      ]),
    );
    expect(marked.length).toBe(2);
    const rows = await db
      .read<CatalogTables>()
      .selectFrom('repository')
      .select(['id', 'name', 'deleted_at'])
      .where('namespace_id', '=', userId)
      .execute();
    const deletedAt = new Map(rows.map((row) => [row.id, row.deleted_at]));
    expect(rows.map(({ name }) => name).toSorted()).toEqual(['gone', 'kept']);
    expect(deletedAt.get(kept.id)).toBe(marked[0]?.deleted_at);
    expect(deletedAt.get(gone.id)).toBeLessThanOrEqual(marked[0]?.deleted_at ?? 0);
  });

  it('is deleted once, however many ask for it', async () => {
    const { db } = context();
    const { userId } = await makeUser('cleo');
    const { organizationId } = await db.transaction((tx) => createOrganization(tx, 'cleo-inc', { userId }, SYSTEM));
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => remove(organizationId)));
    expect(outcomes.filter(Boolean).length).toBe(1);
    expect(await remove(organizationId)).toBe(false);
    expect(await remove(9_999_999)).toBe(false);
    await db.transaction((tx) => createOrganization(tx, 'cleo-inc', { userId }, SYSTEM));
  });

  it('has no repository that was created while it was deleted', async () => {
    const { db } = context();
    for (let round = 0; round < 5; round += 1) {
      const id = await addNamespace(db, `racer-${round}`);
      const create = (index: number) => push(actorOf(id), `racer-${round}/app-${index}`);
      const half = Array.from({ length: CREATIONS / 2 }, (_, index) => index);
      const outcomes = await Promise.allSettled([
        ...half.map(create),
        remove(id),
        ...half.map((index) => create(index + CREATIONS / 2)),
      ]);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected')
          expect(outcome.reason).toMatchObject({ code: expect.stringMatching(/DENIED|UNAUTHORIZED/) });
      }
      const alive = await db
        .read<CatalogTables>()
        .selectFrom('repository')
        .select('name')
        .where('namespace_id', '=', id)
        .where('deleted_at', 'is', null)
        .execute();
      expect(alive).toEqual([]);
    }
  });
});
