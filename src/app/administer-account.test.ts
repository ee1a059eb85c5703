import { beforeAll, expect, it } from 'vitest';
import { auditLogOf } from '../../test/support/audit-log.ts';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { cheapPasswords, createTestIdentity } from '../../test/support/identity.ts';
import { STANDING } from '../../test/support/standing.ts';
import { POLICY } from '../../test/support/web-api.ts';
import { createUser } from '../identity/index.ts';
import { type Administration, administerAccount } from './administer-account.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;

describeOnBothDatabases('an operator', (context) => {
  let bobId: number;
  beforeAll(async () => {
    const ports = { db: context().db, passwords: cheapPasswords };
    await createUser(ports, { name: 'ada', password: 'correct-horse', superuser: true }, SYSTEM);
    ({ userId: bobId } = await createUser(
      ports,
      { name: 'bob', password: 'battery-staple', superuser: false },
      SYSTEM,
    ));
  });

  const identity = () => createTestIdentity(context().db);
  const on = (name: string, administration: Administration, standing = STANDING) => {
    const core = { db: context().db, identity: identity() };
    return administerAccount(core, { catalog: { ...POLICY, standing } }, name, administration);
  };
  const standing = async (name: string, password: string) => {
    const { authenticatePassword, loadActor } = identity();
    const user = await authenticatePassword(name, password, '192.0.2.1');
    return user && (await loadActor(user.userId, user.passwordVersion));
  };

  it('makes and unmakes superusers, but not the last', async () => {
    await expect(on('ada', { kind: 'revoke-superuser' })).rejects.toThrow('the last superuser');
    await on('bob', { kind: 'grant-superuser' });
    await on('ada', { kind: 'revoke-superuser' });
    expect(await standing('bob', 'battery-staple')).toMatchObject({ superuser: true });
    expect(await standing('ada', 'correct-horse')).toMatchObject({ superuser: false });
    await expect(on('bob', { kind: 'grant-superuser' }, { ...STANDING, superusers: false })).rejects.toThrow(
      'FEATURE_SUPER_USERS',
    );
  });

  it('sets passwords, disables and enables, superusers too', async () => {
    await on('bob', { kind: 'reset-password', password: 'another-staple' });
    expect(await standing('bob', 'battery-staple')).toBeUndefined();
    await on('bob', { kind: 'disable' });
    expect(await standing('bob', 'another-staple')).toBeUndefined();
    await on('bob', { kind: 'enable' });
    expect(await standing('bob', 'another-staple')).toMatchObject({ superuser: true });
    const kinds = (await auditLogOf(context().db, bobId)).map(({ kind }) => kind);
    expect(kinds).toEqual([
      'user_create',
      'user_grant_superuser',
      'user_change_password',
      'user_disable',
      'user_enable',
    ]);
  });

  it('is told of a name that is no user, and of a password that is none', async () => {
    await expect(on('nobody', { kind: 'enable' })).rejects.toThrow('There is no user "nobody"');
    await expect(on('bob', { kind: 'reset-password', password: 'short' })).rejects.toThrow('8 to');
  });
});
