import { expect, test } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { cheapPasswords } from '../../test/support/identity.ts';
import type { AuditActor, AuditTables } from '../audit/index.ts';
import { createOrganization, createUser, type IdentityTables, type NewUser } from './index.ts';

const BY: AuditActor = { kind: 'system', name: undefined };
const INVALID = expect.objectContaining({ code: 'INVALID_REQUEST' });

describeOnBothDatabases('accounts', (context) => {
  const create = (user: Partial<NewUser>) =>
    createUser(
      { db: context().db, passwords: cheapPasswords },
      { name: 'someone', password: 'correct-horse', superuser: false, ...user },
      BY,
    );

  test('a user has a name, an address in lower case and a record in the log', async () => {
    const { db } = context();
    const user = await create({ name: 'alice', email: 'Alice@Example.org' });
    expect(user).toEqual({ userId: expect.any(Number), name: 'alice', email: 'alice@example.org' });
    const log = await db
      .read<AuditTables>()
      .selectFrom('audit_log')
      .selectAll()
      .where('namespace_id', '=', user.userId)
      .execute();
    expect(log).toMatchObject([{ kind: 'user_create', metadata: '{"username":"alice"}' }]);
  });

  test('the password is kept only as a hash', async () => {
    const { userId } = await create({ name: 'hashed', password: 'only-a-hash-of-me' });
    const row = await context()
      .db.read<IdentityTables>()
      .selectFrom('user_account')
      .selectAll()
      .where('namespace_id', '=', userId)
      .executeTakeFirstOrThrow();
    expect(row.password_hash).toMatch(/^\$argon2id\$/);
    expect(JSON.stringify(row)).not.toContain('only-a-hash-of-me');
  });

  test.each([
    ['name', 'A'],
    ['name', 'Upper'],
    ['name', 'two..dots'],
    ['name', 'with/slash'],
    ['name', 'v2'],
    ['name', 'api'],
    ['password', 'short'],
    ['password', 'white space'],
    ['password', 'x'.repeat(1025)],
    ['email', 'nobody'],
    ['email', 'a b@example.org'],
  ])('a %s like %j is refused', async (field, value) => {
    await expect(create({ [field]: value })).rejects.toEqual(INVALID);
  });

  test('all faults are told at once', async () => {
    const attempt = create({ name: 'Bad', email: 'bad', password: 'bad' });
    await expect(attempt).rejects.toThrow(/user name "Bad".*; "bad" is not an e-mail address; The password/);
  });

  test('names are shared by users and organizations, and belong to the first who takes them', async () => {
    const { db } = context();
    const owner = await create({ name: 'owner' });
    await db.transaction((tx) => createOrganization(tx, 'team', owner, BY));
    await expect(create({ name: 'team' })).rejects.toThrow(/"team" is taken/);
    await expect(create({ name: 'owner' })).rejects.toThrow(/"owner" is taken/);
    await expect(db.transaction((tx) => createOrganization(tx, 'owner', owner, BY))).rejects.toThrow(/is taken/);
    await expect(db.transaction((tx) => createOrganization(tx, 'oauth', owner, BY))).rejects.toThrow(/is reserved/);
    const racing = await Promise.allSettled([create({ name: 'racer' }), create({ name: 'racer' })]);
    expect(racing.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('an e-mail address belongs to one user, whatever its case; the refused user leaves no name behind', async () => {
    await create({ name: 'first', email: 'shared@example.org' });
    await expect(create({ name: 'second', email: 'Shared@example.org' })).rejects.toThrow(/belongs to another user/);
    await create({ name: 'second', email: 'second@example.org' });
    await create({ name: 'third' });
    await create({ name: 'fourth' });
  });

  test('the creator of an organization is the only member of its team of owners', async () => {
    const { db } = context();
    const owner = await create({ name: 'founder' });
    const { organizationId } = await db.transaction((tx) => createOrganization(tx, 'founded', owner, BY));
    const teams = await db
      .read<IdentityTables>()
      .selectFrom('team as t')
      .innerJoin('team_member as m', 'm.team_id', 't.id')
      .select(['t.name', 't.role', 'm.user_id'])
      .where('t.organization_id', '=', organizationId)
      .execute();
    expect(teams).toEqual([{ name: 'owners', role: 'admin', user_id: owner.userId }]);
  });
});
